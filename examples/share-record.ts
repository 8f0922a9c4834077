/**
 * Publishes a record at Hospital A, has a doctor of Hospital B ask for it, approves, and opens it.
 *
 *   npx medex devnet up --detach --any-ports --home .
 *   node share-record.ts patient-record.json policy.json devnet-registrar.key
 */
import { readFile } from "node:fs/promises";
import { decisionOf, requestStateOf } from "@medexchain/chain";
import { parsePolicy } from "@medexchain/sfe";
import { Wallet } from "ethers";
import { connect, enrolDoctor, enrolPatient, foundHospital } from "./network.ts";

const [recordFile, policyFile, registrarFile] = process.argv.slice(2);
if (recordFile === undefined || policyFile === undefined || registrarFile === undefined) {
  throw new Error("usage: node share-record.ts <record> <policy> <file of the registrar's key>");
}
const document = new Uint8Array(await readFile(recordFile));
const policy = parsePolicy(await readFile(policyFile, "utf8"));
const registrar = new Wallet((await readFile(registrarFile, "utf8")).trim());

await using network = await connect();
// Their ids are hashes of their names, so another run needs others.
const run = Date.now();
const siteA = await foundHospital(network, registrar, { name: `A ${run}`, scheme: "ibe", chain: network.chainA });
const siteB = await foundHospital(network, registrar, { name: `B ${run}`, scheme: "clc", chain: network.chainB });
using patient = await enrolPatient(network, registrar, siteA, `fragments-${run}`);
using doctor = await enrolDoctor(network, registrar, siteB);

// Private features are encrypted at the patient's; IPFS gets the public ones, encrypted too; chain A gets digests alone.
const { recordId, features } = await patient.publish({ document, privateSelectors: policy.private, maxAccessCount: 1 });
console.log(`published ${recordId}: ${features.public} public and ${features.private} private features`);

// The doctor asks on chain B; a relayer carries it to chain A.
const { requestId } = await doctor.request({ recordId, purpose: "TREAT" });
await until(async () => requestStateOf((await network.chainA.grants.grant(requestId)).state) === "Pending");

// The patient approves; the contract decides by the limits of hospital and record, and logs the decision.
const { decision } = await patient.approve(requestId);
console.log(`chain A says ${decision}`);

// A relayer re-encrypts the record's key, which it cannot read, and carries the answer to chain B.
await until(async () => requestStateOf((await network.chainB.requests.status(requestId)).state) === "Granted");
const opened = await doctor.open(requestId);
console.log(
  `opened: ${Buffer.from(opened.document).equals(document) ? "equal to the published record" : "it differs"}`,
);
await doctor.acknowledge(requestId, "Opened");

// One access was allowed, and the ledger counts it for ever.
const again = await doctor.request({ recordId });
await until(async () => requestStateOf((await network.chainA.grants.grant(again.requestId)).state) === "Pending");
await patient.approve(again.requestId);
const { decision: second } = await network.chainA.grants.grant(again.requestId);
console.log(`asked again: ${decisionOf(second)}`);

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 200));
}

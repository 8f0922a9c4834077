/**
 * What `bench e2e` compares with: a relayer as one writes it first. The same cryptography and the same contracts, one event after the
 * other, one transaction after the other, each waited for; no queue, no batch, no database, nothing that survives a fault.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AccessRequest,
  accessRequestOf,
  accessResponseOf,
  type Chain,
  chainLogs,
  connectChain,
  deploymentSchema,
  findRecord,
  fromHex32,
  type Hex32,
  hex32,
  type MemberCertificate,
  noAttestations,
  responseDigestOf,
  transact,
} from "@medexchain/chain";
import { createContentStore } from "@medexchain/ipfs";
import {
  checkCiphertext,
  encodePartial,
  initCurve,
  openShare,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  relayerKeyPairOf,
} from "@medexchain/pre";
import { hexToBytes } from "@noble/hashes/utils.js";
import { type Result, Wallet } from "ethers";
import { z } from "zod";

const fileSchema = z.object({
  relayer: z.object({
    chains: z.array(z.object({ deployment: deploymentSchema })),
    ipfs: z.object({ url: z.string() }),
  }),
  secretsFile: z.string(),
});
const POLL_MS = 20;

const { relayer: config, secretsFile } = fileSchema.parse(JSON.parse(await readFile(process.argv[2] ?? "", "utf8")));
const secrets = z
  .object({ accountKey: z.string(), sealingKey: z.string() })
  .parse(JSON.parse(await readFile(secretsFile, "utf8")));
process.once("disconnect", () => process.exit(0));

await initCurve();
const account = new Wallet(secrets.accountKey);
const sealing = await relayerKeyPairOf(hexToBytes(secrets.sealingKey));
const store = createContentStore({ url: config.ipfs.url });
const [first, second] = config.chains;
if (!first || !second) throw new RangeError("the plain relayer relays between two chains");
const chainA = (await connectChain(first.deployment)).as(account);
const chainB = (await connectChain(second.deployment)).as(account);

process.stdout.write(`${JSON.stringify({ event: "started", time: Date.now() })}\n`);
const next = new Map<Chain, number>([
  [chainA, 0],
  [chainB, 0],
]);
for (;;) {
  await handleNew(chainB, async (from, to) => {
    const { requests } = chainB;
    const accessRequested = requests.filters.AccessRequested();
    for (const { args } of await chainLogs(chainB, (a, b) => requests.queryFilter(accessRequested, a, b), {
      from,
      to,
    })) {
      await deliverRequest(accessRequestOf(args.request as unknown as Result), args.signature); // typed as a struct, is a Result
    }
  });
  await handleNew(chainA, async (from, to) => {
    const { grants } = chainA;
    const reEncryptionRequested = grants.filters.ReEncryptionRequested();
    for (const { args } of await chainLogs(chainA, (a, b) => grants.queryFilter(reEncryptionRequested, a, b), {
      from,
      to,
    })) {
      await reEncryptRequest(hex32(args.requestId), hex32(args.recordId), args.sealedRekey);
    }
    const responseReady = grants.filters.ResponseReady();
    for (const { args } of await chainLogs(chainA, (a, b) => grants.queryFilter(responseReady, a, b), { from, to })) {
      await deliverResponse(args.response as unknown as Result); // as above
    }
  });
  await sleep(POLL_MS);
}

async function handleNew(chain: Chain, handle: (from: number, to: number) => Promise<void>): Promise<void> {
  const from = next.get(chain) ?? 0;
  const head = await chain.provider.getBlockNumber();
  if (head < from) return;
  await handle(from, head);
  next.set(chain, head + 1);
}

async function deliverRequest(request: AccessRequest, signature: string): Promise<void> {
  if ((await chainA.hospitals.member(request.requester)).serial === 0n) await importMember(request.requester);
  const source = chainB.deployment.chainId;
  await transact(chainA, () => chainA.grants.deliverRequest(source, request, signature));
}

async function importMember(member: Hex32): Promise<void> {
  const { hospitals } = chainB;
  const filter = hospitals.filters.MemberEnrolled(member);
  const [enrolled] = await chainLogs(chainB, (from, to) => hospitals.queryFilter(filter, from, to), { from: 0 });
  if (!enrolled) throw new Error(`chain B has no certificate of member ${member}`);
  const { signature } = enrolled.args;
  // Typed as a struct, is a Result, which ethers does not take back.
  const certificate = (enrolled.args.certificate as unknown as Result).toObject() as unknown as MemberCertificate;
  await transact(chainA, () => chainA.hospitals.importMember(certificate, signature));
}

async function reEncryptRequest(requestId: Hex32, recordId: Hex32, sealedRekey: string): Promise<void> {
  const { capsule } = await findRecord(chainA, recordId);
  const [capsuleBytes, sealed] = await Promise.all([store.get(fromHex32(capsule)), store.get(fromHex32(sealedRekey))]);
  const { shares, epoch } = parseSealedReKey(sealed);
  const index = Number(await chainA.relayers.indexOf(account.address));
  const share = await openShare(parseSealedShares(await store.get(shares)), index, sealing);
  const partial = partialReEncrypt(share, checkCiphertext(parseCapsule(capsuleBytes)));
  await store.put(encodePartial({ requestId: fromHex32(requestId), epoch, ...partial }));
  await transact(chainA, () => chainA.grants.submitReEncryption(requestId, noAttestations(epoch)));
}

async function deliverResponse(tuple: Result): Promise<void> {
  const response = accessResponseOf(tuple);
  const { chainId, grants } = chainA.deployment;
  const requests = { chainId: chainB.deployment.chainId, address: chainB.deployment.requests };
  const terms = { epoch: await chainB.relayers.epoch(), expiry: response.decidedAt + 86_400n };
  const digest = responseDigestOf(requests, { chainId, address: grants }, response, terms);
  const signature = account.signingKey.sign(digest).serialized;
  const attestations = { ...terms, by: [{ relayer: account.address, signature }] };
  await transact(chainB, () => chainB.requests.deliverResponse(chainId, response, attestations));
}

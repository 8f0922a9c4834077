/** What both chains begin with: relayers, hospitals, members, and on the owner's chain the records. */
import { bytes, words } from "./encode.ts";
import { type GeneratedChain, selectorOf, topicOf } from "./generated-chain.ts";
import { LIMIT, type Member, type Scenario } from "./scenario.ts";
import { filler } from "./sign.ts";

/** Of the one relayer, with its threshold. */
export const EPOCH = 2;

/** Of AccessManager: calls that are bound to no other role need it. */
const ADMIN_ROLE = 0;

const topic = (value: bigint | number | string) => `0x${words(value)}`;

export function generateSetup(chain: GeneratedChain, scenario: Scenario): void {
  const { a, b, operator, relayer, patient, doctors, records, hospitalA, hospitalB } = scenario;
  const { chainId, hospitals } = chain.deployment;
  const isOwners = chainId === a.chainId;
  const began = scenario.time(0, "requested");
  chain.transaction(operator.transaction(chainId, null, "0x"));
  const granted = [topicOf("manager", "RoleGranted"), topic(ADMIN_ROLE), topic(operator.address)];
  chain.log("manager", granted, words(0, began, 1));
  chain.transaction(operator.transaction(chainId, chain.deployment.relayers, "0x"));
  chain.log("relayers", [topicOf("relayers", "RelayerAdded"), topic(relayer.address), topic(1)], words(1));
  chain.log("relayers", [topicOf("relayers", "ThresholdSet")], words(1, EPOCH));
  chain.transaction(operator.transaction(chainId, hospitals, "0x"));
  for (const [hospital, home] of [
    [hospitalA, a],
    [hospitalB, b],
  ] as const) {
    const topics = [topicOf("hospitals", "HospitalRegistered"), hospital, topic(home.chainId)];
    chain.log("hospitals", topics, words(operator.address, 0, LIMIT));
  }
  chain.log("hospitals", [topicOf("hospitals", "MaxAccessCountSet"), hospitalA], words(LIMIT));
  chain.seal(began);

  const enrol = (
    { memberId, hospitalId, certificate, signature }: Member,
    event: "MemberEnrolled" | "MemberImported",
  ) => {
    const { pseudonym, account, keyDigest, serial, notAfter } = certificate;
    const data = words(hospitalId, pseudonym, account, keyDigest, serial, notAfter, 32 * 7) + bytes(signature);
    chain.transaction(operator.transaction(chainId, hospitals, "0x"));
    chain.log("hospitals", [topicOf("hospitals", event), memberId, hospitalId], data);
  };
  if (isOwners) enrol(patient, "MemberEnrolled");
  for (const doctor of doctors) enrol(doctor, isOwners ? "MemberImported" : "MemberEnrolled");
  if (isOwners) {
    for (const [number, { recordId, digests }] of records.entries()) {
      const salt = filler(`salt ${number}`);
      const anchor = words(patient.memberId, salt, ...digests, LIMIT);
      chain.transaction(patient.transaction(chainId, a.records, `${selectorOf("records", "anchor")}${anchor}`));
      const topics = [topicOf("records", "RecordAnchored"), recordId, patient.memberId, topic(patient.address)];
      chain.log("records", topics, words(...digests, LIMIT, salt, 0, 32 * 7) + bytes("0x"));
    }
  }
  chain.seal(scenario.time(0, "delivered"));
}

/** The world without a network: two hospitals behind their firewalls, a patient, a doctor and the relayers' key, as the protocol makes them. */

import { fromHex32 } from "@medexchain/chain";
import {
  type Ciphertext,
  createCapsule,
  encrypt,
  type FirewalledCiphertext,
  type G1Bytes,
  type GtBytes,
  generateFirewallSecrets,
  generateSealingKeyPair,
  initCurve,
  inMemorySeenRecords,
  keyGenDO,
  keyGenDU,
  type MasterKeyPair,
  openReKey,
  partialKeyGenDU,
  type RandomSource,
  type ReKey,
  type Requester,
  ReverseFirewall,
  randomMessage,
  reKeyGen,
  type ScopedIdentity,
  type SealingKeyPair,
  setupA,
  setupB,
} from "@medexchain/pre";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { drawPeople, type People } from "./people.ts";
import { drawFor } from "./seed.ts";

export interface World {
  people: People;
  /** What the tests draw for themselves: ids of records and requests. */
  random: RandomSource;
  /** Hospital A's. */
  firewall: ReverseFirewall;
  sealing: SealingKeyPair;
  /** The patient's. */
  identity: Uint8Array;
  /** The patient's key of a scope. */
  ownerKey(owner: ScopedIdentity): G1Bytes;
  /** The doctor, as the patient knows it. */
  requester: Requester;
  /** The doctor's private key. */
  userKey: G1Bytes;
}

export interface Published {
  recordId: Uint8Array;
  owner: ScopedIdentity;
  ownerKey: G1Bytes;
  m: GtBytes;
  sent: Ciphertext;
  ciphertext: FirewalledCiphertext;
  capsule: Uint8Array;
}

export const PAYLOAD = utf8ToBytes("a record's secret key and its format header");

/** Draws a world; those of other names have other people. */
export async function makeWorld(name = "world"): Promise<World> {
  await initCurve();
  const draw = drawFor(name);
  const people = drawPeople(draw);
  const a = setupA(draw("master key of Hospital A"));
  const b = setupB(draw("master key of Hospital B"));
  const sealing = await generateSealingKeyPair(draw("sealing key"));
  const firewallOf = (hospital: string, { publicKey }: MasterKeyPair): ReverseFirewall => {
    const random = draw(`firewall of ${hospital}`);
    const secrets = generateFirewallSecrets(random);
    return new ReverseFirewall({
      secrets,
      masterPublicKey: publicKey,
      seenRecords: inMemorySeenRecords(),
      sealingKey: async () => sealing.publicKey,
      random,
    });
  };
  const firewall = firewallOf("Hospital A", a);
  const firewallB = firewallOf("Hospital B", b);
  const identity = fromHex32(people.doctor.memberId);
  const partial = firewallB.blindPartialKey(partialKeyGenDU(b.secretKey, identity), identity);
  const doctor = keyGenDU(partial, identity, firewallB.publicKey, draw("key of doctor"));
  return {
    people,
    random: draw("tests"),
    firewall,
    sealing,
    identity: fromHex32(people.patient.memberId),
    ownerKey: (owner) => firewall.blindOwnerKey(keyGenDO(a.secretKey, owner), owner),
    requester: { identity, publicKey: doctor.publicKey, hospitalKey: firewallB.publicKey },
    userKey: doctor.privateKey,
  };
}

/** Publishes a record of the patient: in the scope of its own id, or in `scope`. */
export async function publish(world: World, scope?: Uint8Array, recordId = world.random(32)): Promise<Published> {
  const owner = { identity: world.identity, scope: scope ?? recordId };
  const { firewall, random } = world;
  const m = randomMessage(random);
  const sent = encrypt(m, owner, firewall.publicKey, random);
  const ciphertext = await firewall.reRandomise(recordId, owner, sent);
  const hospitalKey = firewall.publicKey;
  const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload: PAYLOAD }, random);
  return { recordId, owner, ownerKey: world.ownerKey(owner), m, sent, ciphertext, capsule };
}

/** Grants a record to the doctor, and gives what goes on-chain. */
export async function grant(world: World, record: Published, requestId: Uint8Array): Promise<Uint8Array> {
  const { recordId, owner } = record;
  const x = await world.firewall.dealX(recordId, requestId);
  const proposal = reKeyGen(record.ownerKey, x, world.requester, world.random);
  const { requester } = world;
  return world.firewall.signOff({ recordId, requestId, owner, requester, proposal });
}

/** Grants a record and opens `RK'` as a relayer does. */
export async function grantedReKey(world: World, record: Published): Promise<ReKey> {
  const requestId = world.random(32);
  return openReKey(await grant(world, record, requestId), requestId, world.sealing);
}

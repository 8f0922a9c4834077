/** The world without a network: two hospitals behind their firewalls, a patient, a doctor and the relayers' keys, as the protocol makes them. */

import { fromHex32 } from "@medexchain/chain";
import {
  type Ciphertext,
  createCapsule,
  encrypt,
  type FirewalledCiphertext,
  type FirewallSources,
  type G1Bytes,
  type GtBytes,
  generateFirewallSecrets,
  generateRelayerKeyPair,
  initCurve,
  inMemorySeenRecords,
  keyGenDO,
  keyGenDU,
  type MasterKeyPair,
  parseSealedReKey,
  partialKeyGenDU,
  type RandomSource,
  type ReKey,
  type RelayerGroup,
  type RelayerKeyPair,
  type Requester,
  ReverseFirewall,
  randomMessage,
  reKeyGen,
  type ScopedIdentity,
  type SignedOff,
  setupA,
  setupB,
} from "@medexchain/pre";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { drawPeople, type People } from "./people.ts";
import { drawFor } from "./seed.ts";

export interface World {
  people: People;
  /** What the tests draw for themselves: ids of records and requests. */
  random: RandomSource;
  /** Hospital A's. */
  firewall: ReverseFirewall;
  /** The relayers to whom Hospital A's firewall deals: those of the chain, if there were one. */
  group: RelayerGroup;
  /** Their key pairs, by index. */
  relayerKeys: ReadonlyMap<number, RelayerKeyPair>;
  /** What is anchored of each record, by its id in hexadecimal. */
  anchored: Map<string, FirewalledCiphertext>;
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

/** How many relayers there are, and how many of them re-encrypt. */
export interface WorldOptions {
  /** Ascending; one relayer, with the index 1, unless given. */
  readonly indices?: readonly number[];
  /** 1 unless given. */
  readonly threshold?: number;
  /** What Hospital A's firewall reads, where there is a chain; else what is in the world. */
  readonly sources?: FirewallSources;
}

/** Draws a world; those of other names have other people. */
export async function makeWorld(
  name = "world",
  { indices = [1], threshold = 1, sources }: WorldOptions = {},
): Promise<World> {
  await initCurve();
  const draw = drawFor(name);
  const people = drawPeople(draw);
  const a = setupA(draw("master key of Hospital A"));
  const b = setupB(draw("master key of Hospital B"));
  const relayerKeys = new Map<number, RelayerKeyPair>();
  for (const index of indices) relayerKeys.set(index, await generateRelayerKeyPair(draw(`key of relayer ${index}`)));
  const relayers = [...relayerKeys].map(([index, { publicKey }]) => ({ index, sealingKey: publicKey }));
  const group: RelayerGroup = { epoch: 3n, threshold, relayers };
  const anchored = new Map<string, FirewalledCiphertext>();
  const firewallOf = (hospital: string, { publicKey }: MasterKeyPair): ReverseFirewall => {
    const random = draw(`firewall of ${hospital}`);
    const secrets = generateFirewallSecrets(random);
    return new ReverseFirewall({
      secrets,
      masterPublicKey: publicKey,
      seenRecords: inMemorySeenRecords(),
      sources: sources ?? sourcesOf({ group, anchored }),
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
    group,
    relayerKeys,
    anchored,
    identity: fromHex32(people.patient.memberId),
    ownerKey: (owner) => firewall.blindOwnerKey(keyGenDO(a.secretKey, owner), owner),
    requester: { identity, publicKey: doctor.publicKey, hospitalKey: firewallB.publicKey },
    userKey: doctor.privateKey,
  };
}

/** What a firewall reads for itself, of a world; `group` may be another later. */
export function sourcesOf(world: Pick<World, "group" | "anchored">): FirewallSources {
  return {
    relayers: async () => world.group,
    capsule: async (recordId) => {
      const ciphertext = world.anchored.get(bytesToHex(recordId));
      if (ciphertext === undefined) throw new Error("no such record is anchored");
      return ciphertext;
    },
  };
}

/** Publishes a record of the patient: in the scope of its own id, or in `scope`. */
export async function publish(world: World, scope?: Uint8Array, recordId = world.random(32)): Promise<Published> {
  const owner = { identity: world.identity, scope: scope ?? recordId };
  const { firewall, random } = world;
  const m = randomMessage(random);
  const sent = encrypt(m, owner, firewall.publicKey, random);
  const ciphertext = await firewall.reRandomise(recordId, owner, sent);
  world.anchored.set(bytesToHex(recordId), ciphertext);
  const hospitalKey = firewall.publicKey;
  const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload: PAYLOAD }, random);
  return { recordId, owner, ownerKey: world.ownerKey(owner), m, sent, ciphertext, capsule };
}

/** Grants a record to the doctor, and gives what the firewall signs off for the relayers of an epoch: of the world's, unless given. */
export async function grant(
  world: World,
  record: Published,
  requestId: Uint8Array,
  epoch = world.group.epoch,
): Promise<SignedOff> {
  const { recordId, owner } = record;
  const x = await world.firewall.dealX(recordId, requestId, epoch);
  const proposal = reKeyGen(record.ownerKey, x, world.requester, world.random);
  const { requester } = world;
  return world.firewall.signOff({ recordId, requestId, epoch, owner, requester, proposal });
}

/** Grants a record, and gives `RK'` whole: in a world where one relayer re-encrypts, its share is `rk1'`. */
export async function grantedReKey(world: World, record: Published): Promise<ReKey> {
  const { sealedReKey, dealt } = await grant(world, record, world.random(32));
  const { C3, C4, threshold } = parseSealedReKey(sealedReKey);
  const [share] = dealt;
  if (threshold !== 1 || share === undefined) throw new Error("only where one relayer re-encrypts is its share rk1'");
  return { rk1: share.share, rk2: C3, rk3: C4 };
}

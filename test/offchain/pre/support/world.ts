/** Two hospitals, an owner, a user and the relayers' key, set up as the protocol sets them up. */

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
  openReKey,
  partialKeyGenDU,
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
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export interface World {
  firewall: ReverseFirewall;
  sealing: SealingKeyPair;
  identity: Uint8Array;
  ownerKey(owner: ScopedIdentity): G1Bytes;
  requester: Requester;
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

/** The hospitals, their firewalls, one owner and one user. */
export async function makeWorld(): Promise<World> {
  await initCurve();
  const a = setupA();
  const b = setupB();
  const firewall = new ReverseFirewall({
    secrets: generateFirewallSecrets(),
    masterPublicKey: a.publicKey,
    seenRecords: inMemorySeenRecords(),
  });
  const firewallB = new ReverseFirewall({
    secrets: generateFirewallSecrets(),
    masterPublicKey: b.publicKey,
    seenRecords: inMemorySeenRecords(),
  });
  const userIdentity = randomBytes(32);
  const partial = firewallB.blindPartialKey(partialKeyGenDU(b.secretKey, userIdentity), userIdentity);
  const user = keyGenDU(partial, userIdentity, firewallB.publicKey);
  return {
    firewall,
    sealing: await generateSealingKeyPair(),
    identity: randomBytes(32),
    ownerKey: (owner) => firewall.blindOwnerKey(keyGenDO(a.secretKey, owner), owner),
    requester: { identity: userIdentity, publicKey: user.publicKey, hospitalKey: firewallB.publicKey },
    userKey: user.privateKey,
  };
}

/** Publishes a record of the world's owner: in the scope of its own id, or in `scope`. */
export async function publish(world: World, scope?: Uint8Array, recordId = randomBytes(32)): Promise<Published> {
  const owner = { identity: world.identity, scope: scope ?? recordId };
  const { firewall } = world;
  const m = randomMessage();
  const sent = encrypt(m, owner, firewall.publicKey);
  const ciphertext = await firewall.reRandomise(recordId, owner, sent);
  const hospitalKey = firewall.publicKey;
  const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload: PAYLOAD });
  return { recordId, owner, ownerKey: world.ownerKey(owner), m, sent, ciphertext, capsule };
}

/** Grants a record to the world's user, and gives what goes on-chain. */
export async function grant(world: World, record: Published, requestId: Uint8Array): Promise<Uint8Array> {
  const { recordId, owner } = record;
  const x = await world.firewall.dealX(recordId, requestId);
  const proposal = reKeyGen(record.ownerKey, x, world.requester);
  const { requester, sealing } = world;
  return world.firewall.signOff({ recordId, requestId, owner, requester, proposal, sealingKey: sealing.publicKey });
}

/** Grants a record and opens `RK'` as a relayer does. */
export async function grantedReKey(world: World, record: Published): Promise<ReKey> {
  const requestId = randomBytes(32);
  return openReKey(await grant(world, record, requestId), requestId, world.sealing);
}

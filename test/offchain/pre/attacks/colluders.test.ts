import {
  decryptDO,
  decryptDU,
  type FirewallSources,
  generateFirewallSecrets,
  initCurve,
  inMemorySeenRecords,
  keyGenDO,
  keyGenDU,
  openCapsuleAsOwner,
  openCapsuleAsUser,
  partialKeyGenDU,
  ReverseFirewall,
  reEncrypt,
  setupA,
  setupB,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grantedReKey, makeWorld, PAYLOAD, publish, sourcesOf, type World } from "../../../world/crypto.ts";
import { refuses } from "../support/refuses.ts";

/** Who lacks one secret, whatever else they pool: what the threat model's table says of hospitals, firewalls and relayers. */
describe("pre attack: parties who pool all that they have, and lack one secret", () => {
  let world: World;
  const hospital = setUpLater(setupA);
  const hospitalB = setUpLater(setupB);

  before(async () => {
    await initCurve();
    const drawn = await makeWorld();
    hospital.setUp(sourcesOf(drawn));
    hospitalB.setUp();
    const firewall = hospital.firewall;
    const identity = randomBytes(32);
    const partialKey = hospitalB.firewall.blindPartialKey(
      partialKeyGenDU(hospitalB.keys.secretKey, identity),
      identity,
    );
    const user = keyGenDU(partialKey, identity, hospitalB.firewall.publicKey);
    world = {
      ...drawn,
      firewall,
      ownerKey: (owner) => firewall.blindOwnerKey(keyGenDO(hospital.keys.secretKey, owner), owner),
      requester: { identity, publicKey: user.publicKey, hospitalKey: hospitalB.firewall.publicKey },
      userKey: user.privateKey,
    };
  });

  it("Hospital A without its firewall opens no record: it lacks the blinding a", async () => {
    const record = await publish(world);
    const key = keyGenDO(hospital.keys.secretKey, record.owner);
    expect(decryptDO(record.ciphertext, key)).to.not.deep.equal(record.m);
    refuses(() => openCapsuleAsOwner(record.capsule, record, key), "CAPSULE_INVALID");
  });

  it("Hospital A with its firewall opens what its owners published: the two are one party to whoever trusts neither", async () => {
    const record = await publish(world);
    const key = world.firewall.blindOwnerKey(keyGenDO(hospital.keys.secretKey, record.owner), record.owner);
    expect(openCapsuleAsOwner(record.capsule, record, key).payload).to.deep.equal(PAYLOAD);
  });

  it("Hospital B, its firewall and the relayers open nothing that was granted to its doctor: they lack the doctor's r", async () => {
    const record = await publish(world);
    const answer = reEncrypt(record.ciphertext, await grantedReKey(world, record));
    const { identity } = world.requester;
    const partialKey = partialKeyGenDU(hospitalB.keys.secretKey, identity);
    for (const key of [partialKey, hospitalB.firewall.blindPartialKey(partialKey, identity)]) {
      expect(decryptDU(answer, key)).to.not.deep.equal(record.m);
      refuses(() => openCapsuleAsUser(record.capsule, record, answer, key), "CAPSULE_INVALID");
    }
    expect(openCapsuleAsUser(record.capsule, record, answer, world.userKey).payload).to.deep.equal(PAYLOAD);
  });

  it("doctors who were granted nothing open no other's answer, with the relayers' help and each other's", async () => {
    const record = await publish(world);
    const answer = reEncrypt(record.ciphertext, await grantedReKey(world, record));
    for (let doctors = 0; doctors < 3; doctors += 1) {
      const identity = randomBytes(32);
      const issued = partialKeyGenDU(hospitalB.keys.secretKey, identity);
      const partialKey = hospitalB.firewall.blindPartialKey(issued, identity);
      const { privateKey } = keyGenDU(partialKey, identity, hospitalB.firewall.publicKey);
      refuses(() => openCapsuleAsUser(record.capsule, record, answer, privateKey), "CAPSULE_INVALID");
    }
  });
});

/** A hospital with its firewall, made once the curve is there. */
function setUpLater(setup: typeof setupA) {
  let keys: ReturnType<typeof setupA> | undefined;
  let firewall: ReverseFirewall | undefined;
  return {
    setUp(sources?: FirewallSources) {
      keys = setup();
      const secrets = generateFirewallSecrets();
      const seenRecords = inMemorySeenRecords();
      firewall = new ReverseFirewall({
        secrets,
        masterPublicKey: keys.publicKey,
        seenRecords,
        ...(sources && { sources }),
      });
    },
    get keys() {
      if (keys === undefined) throw new Error("not set up");
      return keys;
    },
    get firewall() {
      if (firewall === undefined) throw new Error("not set up");
      return firewall;
    },
  };
}

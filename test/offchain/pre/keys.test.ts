import {
  checkOwnerKey,
  checkPartialKey,
  checkUserPublicKey,
  generateFirewallSecrets,
  initCurve,
  inMemorySeenRecords,
  keyGenDO,
  keyGenDU,
  type MasterKeyPair,
  partialKeyGenDU,
  ReverseFirewall,
  setupA,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { G1, g1, g2, toG1, toG2 } from "./support/noble.ts";
import { refuses } from "./support/refuses.ts";

describe("pre: private keys are checked before they are used", () => {
  let hospital: MasterKeyPair;
  let firewall: ReverseFirewall;
  const owner = { identity: randomBytes(32), scope: randomBytes(32) };
  const identity = randomBytes(32);

  before(async () => {
    await initCurve();
    hospital = setupA();
    const masterPublicKey = hospital.publicKey;
    const seenRecords = inMemorySeenRecords();
    firewall = new ReverseFirewall({ secrets: generateFirewallSecrets(), masterPublicKey, seenRecords });
  });

  it("owner: sk_DO fits PK_A, sk_DO' fits PK_A', and not the other way round", () => {
    const key = keyGenDO(hospital.secretKey, owner);
    checkOwnerKey(key, owner, hospital.publicKey);
    const blinded = firewall.blindOwnerKey(key, owner);
    checkOwnerKey(blinded, owner, firewall.publicKey);
    refuses(() => checkOwnerKey(blinded, owner, hospital.publicKey), "PRE_PRIVATE_KEY_INVALID");
    refuses(() => checkOwnerKey(key, owner, firewall.publicKey), "PRE_PRIVATE_KEY_INVALID");
    refuses(() => checkOwnerKey(key, { ...owner, scope: identity }, hospital.publicKey), "PRE_PRIVATE_KEY_INVALID");
  });

  it("firewall: refuses to blind a key of another owner, scope, user or hospital", () => {
    const other = { ...owner, scope: randomBytes(32) };
    refuses(() => firewall.blindOwnerKey(keyGenDO(hospital.secretKey, other), owner), "PRE_PRIVATE_KEY_INVALID");
    refuses(() => firewall.blindOwnerKey(keyGenDO(setupA().secretKey, owner), owner), "PRE_PRIVATE_KEY_INVALID");
    const partial = partialKeyGenDU(hospital.secretKey, randomBytes(32));
    refuses(() => firewall.blindPartialKey(partial, identity), "PRE_PRIVATE_KEY_INVALID");
  });

  it("user: refuses a partial key that skipped the firewall, or of another identity", () => {
    const partial = partialKeyGenDU(hospital.secretKey, identity);
    checkPartialKey(partial, identity, hospital.publicKey);
    refuses(() => keyGenDU(partial, identity, firewall.publicKey), "PRE_PRIVATE_KEY_INVALID");
    const blinded = firewall.blindPartialKey(partial, identity);
    refuses(() => keyGenDU(blinded, randomBytes(32), firewall.publicKey), "PRE_PRIVATE_KEY_INVALID");
  });

  it("user: its public key fits its own hospital's firewall only, and any change of U or V shows", () => {
    const blinded = firewall.blindPartialKey(partialKeyGenDU(hospital.secretKey, identity), identity);
    const { publicKey } = keyGenDU(blinded, identity, firewall.publicKey);
    checkUserPublicKey(publicKey, firewall.publicKey);
    refuses(() => checkUserPublicKey(publicKey, hospital.publicKey), "PRE_PUBLIC_KEY_INVALID");
    const U = toG1(g1(publicKey.U).add(G1.BASE));
    refuses(() => checkUserPublicKey({ ...publicKey, U }, firewall.publicKey), "PRE_PUBLIC_KEY_INVALID");
    const V = toG2(g2(publicKey.V).negate());
    refuses(() => checkUserPublicKey({ ...publicKey, V }, firewall.publicKey), "PRE_PUBLIC_KEY_INVALID");
  });
});

import {
  crfEncrypt,
  crfKeyGenDO,
  crfReKeyGen,
  crfSetup,
  deriveBeta,
  drawX,
  encrypt,
  type FirewalledCiphertext,
  generateFirewallSecrets,
  keyGenDO,
  randomMessage,
  reKeyGen,
  setupA,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, type World } from "../../../world/crypto.ts";
import { Fp12, g1, g2, gt, pair, toGt } from "../support/noble.ts";
import { refusesAsync } from "../support/refuses.ts";

describe("pre attack: a subverted device has a re-encryption key signed off before its record is re-randomised", () => {
  const MESSAGE = 5; // of three bits, so that the device finds its ciphertext in about eight tries
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  const said = (ciphertext: Pick<FirewalledCiphertext, "c2">) => sha256(ciphertext.c2)[0]! & 7;

  it("by the functions alone: rk1 − rk1' tells the device β·pk_DO, and c2' then says what it likes", () => {
    const [a, secrets, recordId] = [setupA(), generateFirewallSecrets(), randomBytes(32)];
    const hospitalKey = crfSetup(secrets.blinding, a.publicKey);
    const owner = { identity: randomBytes(32), scope: recordId };
    const ownerKey = crfKeyGenDO(secrets.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey);
    const x = drawX();
    const proposal = reKeyGen(ownerKey, x, world.requester);
    const beta = deriveBeta(secrets.prfKey, recordId);
    const reKey = crfReKeyGen(proposal, { x, beta, owner, hospitalKey, requester: world.requester });
    const shift = pair(g1(proposal.reKey.rk1).subtract(g1(reKey.rk1)), g2(hospitalKey));
    for (;;) {
      const chosen = encrypt(randomMessage(), owner, hospitalKey);
      if (said({ c2: toGt(Fp12.mul(gt(chosen.c2), shift)) }) !== MESSAGE) continue;
      expect(said(crfEncrypt(chosen, owner, hospitalKey, beta))).to.equal(MESSAGE);
      break;
    }
  });

  it("ours: the firewall signs off nothing for a record that it has not re-randomised", async () => {
    const { firewall, requester, group } = world;
    const { epoch } = group;
    const [recordId, requestId] = [randomBytes(32), randomBytes(32)];
    const owner = { identity: world.identity, scope: recordId };
    const proposal = reKeyGen(world.ownerKey(owner), await firewall.dealX(recordId, requestId, epoch), requester);
    const input = { recordId, requestId, epoch, owner, requester, proposal };
    await refusesAsync(firewall.signOff(input), "PRE_REKEY_REFUSED", "re-randomised");
    const ciphertext = await firewall.reRandomise(recordId, owner, encrypt(randomMessage(), owner, firewall.publicKey));
    world.anchored.set(bytesToHex(recordId), ciphertext);
    const { dealt } = await firewall.signOff(input);
    expect(dealt, "and does afterwards").to.have.length(1);
  });
});

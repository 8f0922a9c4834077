import { drawX, type GtBytes, ownerPublicKey, type ReKeyProposal, reKeyGen } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, type Published, publish, type World } from "../../../world/crypto.ts";
import { ownerKeyFrom } from "../support/attack.ts";
import { Fp12, G1, G2, g1, g2, gt, pair, toG1, toG2, toGt } from "../support/noble.ts";
import { refusesAsync } from "../support/refuses.ts";

describe("pre attack: a subverted device picks an X that its backdoor knows", () => {
  let world: World;
  let record: Published;
  let requestId: Uint8Array;
  let dealt: GtBytes;
  const backdoor = toGt(pair(G1.BASE.multiply(123456789n), G2.BASE)); // e(g1, g2)^k for a k that the backdoor knows

  before(async () => {
    world = await makeWorld();
    record = await publish(world);
  });

  beforeEach(async () => {
    requestId = randomBytes(32);
    dealt = await world.firewall.dealX(record.recordId, requestId, world.group.epoch);
  });

  function signOff(proposal: ReKeyProposal) {
    const { recordId, owner } = record;
    const { requester } = world;
    const { epoch } = world.group;
    return world.firewall.signOff({ recordId, requestId, epoch, owner, requester, proposal });
  }

  it("the paper's form: whoever knows the backdoor's X and sees RK' has the owner's key, with no user's help", () => {
    const { rk1 } = reKeyGen(record.ownerKey, backdoor, world.requester).reKey;
    const blinded = toG1(g1(rk1).subtract(g1(record.ciphertext.c3))); // the paper's CRF: rk1' = rk1 − β·pk_DO
    expect(ownerKeyFrom(blinded, record.ciphertext.c3, backdoor)).to.deep.equal(record.ownerKey);
  });

  it("ours: the firewall refuses a re-encryption key on another X than it dealt", async () => {
    await refusesAsync(signOff(reKeyGen(record.ownerKey, backdoor, world.requester)), "PRE_REKEY_REFUSED", "rk1");
    await refusesAsync(signOff(reKeyGen(record.ownerKey, drawX(), world.requester)), "PRE_REKEY_REFUSED", "rk1");
  });

  it("ours: it refuses the dealt X in rk1 beside another in rk3", async () => {
    const honest = reKeyGen(record.ownerKey, dealt, world.requester);
    const rk3 = toGt(Fp12.mul(Fp12.div(gt(honest.reKey.rk3), gt(dealt)), gt(backdoor)));
    await refusesAsync(signOff({ ...honest, reKey: { ...honest.reKey, rk3 } }), "PRE_REKEY_REFUSED", "rk3");
  });

  it("ours: it refuses rk3 with a factor that only the user would see, even if the witness is bent to fit", async () => {
    const honest = reKeyGen(record.ownerKey, dealt, world.requester);
    // W + δ·g1 would explain rk3·e(g1, V)^δ, but no longer fits rk2
    const { V } = world.requester.publicKey;
    const delta = G1.BASE.multiply(7n);
    const rk3 = toGt(Fp12.mul(gt(honest.reKey.rk3), pair(delta, g2(V))));
    const bent = { reKey: { ...honest.reKey, rk3 }, witness: toG1(g1(honest.witness).add(delta)) };
    await refusesAsync(signOff(bent), "PRE_REKEY_REFUSED", "witness");
    await refusesAsync(signOff({ ...bent, witness: honest.witness }), "PRE_REKEY_REFUSED", "rk3");
  });

  it("ours: it refuses an rk2 of another λ, and an rk1 that hides something in the owner's key", async () => {
    const honest = reKeyGen(record.ownerKey, dealt, world.requester);
    const rk2 = toG2(g2(honest.reKey.rk2).add(G2.BASE));
    await refusesAsync(signOff({ ...honest, reKey: { ...honest.reKey, rk2 } }), "PRE_REKEY_REFUSED", "rk2");
    const rk1 = toG1(g1(honest.reKey.rk1).add(g1(ownerPublicKey(record.owner))));
    await refusesAsync(signOff({ ...honest, reKey: { ...honest.reKey, rk1 } }), "PRE_REKEY_REFUSED", "rk1");
  });

  it("ours: after refusals the honest proposal still passes", async () => {
    await refusesAsync(signOff(reKeyGen(record.ownerKey, backdoor, world.requester)), "PRE_REKEY_REFUSED");
    const { dealt: shares } = await signOff(reKeyGen(record.ownerKey, dealt, world.requester));
    expect(shares).to.have.length(1);
  });
});

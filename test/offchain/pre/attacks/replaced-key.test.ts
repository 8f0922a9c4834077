import { drawX, HASH_TAGS, type Requester, reKeyGen } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, type Published, publish, type World } from "../../../world/crypto.ts";
import { xByUser } from "../support/attack.ts";
import { Fp12, G1, G2, g1, gt, hash, pair, randomExponent, toG1, toG2, toGt } from "../support/noble.ts";
import { refuses, refusesAsync } from "../support/refuses.ts";

describe("pre attack: V is replaced by x·g2", () => {
  let world: World;
  let record: Published;
  const exponent = randomExponent();
  const replaced = toG2(G2.BASE.multiply(exponent));

  before(async () => {
    world = await makeWorld();
    record = await publish(world);
  });

  /** The paper's ReKeyGen: pk_DU = (H1(ID_DU), V) is taken as it comes. */
  function paperReKeyGen(x: Uint8Array, requester: Requester) {
    const lambda = randomExponent();
    const user = hash(requester.identity, HASH_TAGS.user);
    return {
      rk1: toG1(hash(x, HASH_TAGS.gt).subtract(g1(record.ownerKey))),
      rk2: toG2(G2.BASE.multiply(lambda)),
      rk3: toGt(Fp12.mul(gt(x), pair(user.multiply(lambda), G2.fromBytes(requester.publicKey.V)))),
    };
  }

  it("the paper's form: whoever replaced V reads X, with no help of Hospital B", () => {
    const x = drawX();
    const { U } = world.requester.publicKey;
    const reKey = paperReKeyGen(x, { ...world.requester, publicKey: { V: replaced, U } });
    const attackersKey = toG1(hash(world.requester.identity, HASH_TAGS.user).multiply(exponent));
    expect(xByUser(reKey, attackersKey)).to.deep.equal(x);
  });

  it("ours: ReKeyGen refuses a V that does not fit U and PK_B', whichever U comes with it", () => {
    const candidates = [
      world.requester.publicKey.U,
      toG1(G1.BASE.multiply(exponent)),
      toG1(G1.BASE.multiply(randomExponent())),
    ];
    for (const U of candidates) {
      const requester = { ...world.requester, publicKey: { V: replaced, U } };
      refuses(() => reKeyGen(record.ownerKey, drawX(), requester), "PRE_PUBLIC_KEY_INVALID");
    }
    const otherHospital = { ...world.requester, hospitalKey: replaced };
    refuses(() => reKeyGen(record.ownerKey, drawX(), otherHospital), "PRE_PUBLIC_KEY_INVALID");
  });

  it("ours: the firewall refuses it too, should the device not have looked", async () => {
    const { recordId, owner } = record;
    const { epoch } = world.group;
    const requestId = randomBytes(32);
    const x = await world.firewall.dealX(recordId, requestId, epoch);
    const proposal = reKeyGen(record.ownerKey, x, world.requester);
    const requester = { ...world.requester, publicKey: { V: replaced, U: world.requester.publicKey.U } };
    await refusesAsync(
      world.firewall.signOff({ recordId, requestId, epoch, owner, requester, proposal }),
      "PRE_PUBLIC_KEY_INVALID",
    );
  });
});

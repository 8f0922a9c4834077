import { decryptDO, openCapsuleAsOwner } from "@medexchain/pre";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grantedReKey, makeWorld, type Published, publish, type World } from "../../../world/crypto.ts";
import { ownerKeyFrom, xByUser } from "../support/attack.ts";
import { refuses } from "../support/refuses.ts";

describe("pre attack: relayer and user together compute the owner's key", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  async function keyByCollusion(granted: Published) {
    const reKey = await grantedReKey(world, granted); // the relayer's part
    return ownerKeyFrom(reKey.rk1, granted.ciphertext.c3, xByUser(reKey, world.userKey)); // with the user's
  }

  it("the paper's form: with one key for all records, one grant opens every record", async () => {
    const everything = utf8ToBytes("one key, as in the paper");
    const granted = await publish(world, everything);
    const secret = await publish(world, everything);
    const stolen = await keyByCollusion(granted);
    expect(stolen).to.deep.equal(secret.ownerKey);
    expect(decryptDO(secret.ciphertext, stolen)).to.deep.equal(secret.m);
  });

  it("ours: with one key per scope, one grant opens its own scope and no other record", async () => {
    const granted = await publish(world);
    const secret = await publish(world);
    const stolen = await keyByCollusion(granted);
    expect(stolen).to.deep.equal(granted.ownerKey); // what scoping cannot prevent, and the threat model says
    expect(stolen).to.not.deep.equal(secret.ownerKey);
    expect(decryptDO(secret.ciphertext, stolen)).to.not.deep.equal(secret.m);
    refuses(() => openCapsuleAsOwner(secret.capsule, secret, stolen), "CAPSULE_INVALID");
  });
});

import {
  decryptDO,
  encodeReEncryption,
  generateSealingKeyPair,
  openReKey,
  parseCapsule,
  parseReEncryption,
  reEncrypt,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grant, makeWorld, publish, type World } from "../../../world/crypto.ts";
import { contains, ownerKeyFrom, xByUser } from "../support/attack.ts";
import { refusesAsync } from "../support/refuses.ts";

describe("pre attack: the user alone computes the owner's key from RK' on the wire", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  it("the paper's form: RK' in the clear and the public c3' give sk_DO'", async () => {
    const record = await publish(world);
    const requestId = randomBytes(32);
    const onTheWire = await openReKey(await grant(world, record, requestId), requestId, world.sealing); // the paper's wire
    const { c3 } = parseCapsule(record.capsule);
    const stolen = ownerKeyFrom(onTheWire.rk1, c3, xByUser(onTheWire, world.userKey));
    expect(stolen).to.deep.equal(record.ownerKey);
    expect(decryptDO(record.ciphertext, stolen)).to.deep.equal(record.m);
  });

  it("ours: the wire holds RK' sealed, and neither it nor C_DU holds rk1'", async () => {
    const record = await publish(world);
    const requestId = randomBytes(32);
    const onTheWire = await grant(world, record, requestId);
    await refusesAsync(openReKey(onTheWire, requestId, await generateSealingKeyPair()), "SEALED_REKEY_INVALID");

    const reKey = await openReKey(onTheWire, requestId, world.sealing);
    const published = encodeReEncryption({ requestId, ...reEncrypt(record.ciphertext, reKey) });
    for (const element of Object.values(reKey)) expect(contains(onTheWire, element)).to.equal(false);
    expect(contains(published, reKey.rk1)).to.equal(false);
    expect(contains(published, reKey.rk2)).to.equal(true); // C3 = rk2': the search does find what is there

    // the user has X from C_DU as before; every G1 element it sees in place of rk1' gives some other point
    const { C3, C4 } = parseReEncryption(published);
    const x = xByUser({ rk2: C3, rk3: C4 }, world.userKey);
    expect(ownerKeyFrom(record.ciphertext.c3, record.ciphertext.c3, x)).to.not.deep.equal(record.ownerKey);
  });
});

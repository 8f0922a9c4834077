import {
  checkCiphertext,
  decryptDO,
  encodePartial,
  generateRelayerKeyPair,
  openShare,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
} from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grant, grantedReKey, makeWorld, publish, type World } from "../../../world/crypto.ts";
import { contains, ownerKeyFrom, xByUser } from "../support/attack.ts";
import { refusesAsync } from "../support/refuses.ts";

describe("pre attack: the user alone computes the owner's key from RK' on the wire", () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  it("the paper's form: RK' in the clear and the public c3' give sk_DO'", async () => {
    const record = await publish(world);
    const onTheWire = await grantedReKey(world, record); // the paper's wire
    const { c3 } = parseCapsule(record.capsule);
    const stolen = ownerKeyFrom(onTheWire.rk1, c3, xByUser(onTheWire, world.userKey));
    expect(stolen).to.deep.equal(record.ownerKey);
    expect(decryptDO(record.ciphertext, stolen)).to.deep.equal(record.m);
  });

  it("ours: rk1' is on the wire in sealed shares alone, and neither they nor what is public beside them hold it", async () => {
    const record = await publish(world);
    const requestId = randomBytes(32);
    const { sealedReKey, shares, dealt } = await grant(world, record, requestId);
    const rk1 = dealt[0]!.share; // the one relayer's share
    const stranger = await generateRelayerKeyPair();
    await refusesAsync(openShare(parseSealedShares(shares), 1, stranger), "SEALED_REKEY_INVALID");

    const share = await openShare(parseSealedShares(shares), 1, world.relayerKeys.get(1)!);
    expect(share.share).to.deep.equal(rk1);
    const partial = partialReEncrypt(share, checkCiphertext(record.ciphertext));
    const published = encodePartial({ requestId, epoch: world.group.epoch, ...partial });
    for (const bytes of [sealedReKey, shares, published]) expect(contains(bytes, rk1)).to.equal(false);
    const { C3, C4 } = parseSealedReKey(sealedReKey);
    expect(contains(sealedReKey, C3)).to.equal(true); // the search does find what is there

    // the user has X as before; every G1 element it sees in place of rk1' gives some other point
    const x = xByUser({ rk2: C3, rk3: C4 }, world.userKey);
    expect(ownerKeyFrom(record.ciphertext.c3, record.ciphertext.c3, x)).to.not.deep.equal(record.ownerKey);
  });
});

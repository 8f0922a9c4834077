import { decode, encode } from "@ipld/dag-cbor";
import { generateSealingKeyPair, openReKey, type ReKey, sealReKey } from "@medexchain/pre";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grantedReKey, makeWorld, publish, type World } from "../../world/crypto.ts";
import { hpkeOpen } from "./support/hpke.ts";
import { G1, toG1 } from "./support/noble.ts";
import { refusesAsync } from "./support/refuses.ts";

describe("pre: sealing RK' to the relayers", () => {
  let world: World;
  let reKey: ReKey;
  const requestId = randomBytes(32);

  before(async () => {
    world = await makeWorld();
    reKey = await grantedReKey(world, await publish(world));
  });

  const seal = (value = reKey) => sealReKey(value, requestId, world.sealing.publicKey);

  it("opens with the relayers' key, for the same request", async () => {
    expect(await openReKey(await seal(), requestId, world.sealing)).to.deep.equal(reKey);
  });

  it("is HPKE by RFC 9180 with the documented info, as a second implementation opens it", async () => {
    const { v, enc, ct } = decode<{ v: number; enc: Uint8Array; ct: Uint8Array }>(await seal());
    const info = concatBytes(utf8ToBytes("medexchain/v1/sealed-rekey"), Uint8Array.of(0), requestId);
    const opened = decode(hpkeOpen(enc, ct, world.sealing.privateKey, info));
    expect(v).to.equal(1);
    expect(opened).to.deep.equal(reKey);
  });

  it("differs each time, and is reproducible from its randomness", async () => {
    expect(await seal()).to.not.deep.equal(await seal());
    const fixed = randomBytes(32);
    const seals = [0, 1].map(() => sealReKey(reKey, requestId, world.sealing.publicKey, () => fixed.slice()));
    const [first, second] = await Promise.all(seals);
    expect(first).to.deep.equal(second);
  });

  it("does not open with another key, nor for another request", async () => {
    const sealed = await seal();
    await refusesAsync(openReKey(sealed, requestId, await generateSealingKeyPair()), "SEALED_REKEY_INVALID");
    await refusesAsync(openReKey(sealed, randomBytes(32), world.sealing), "SEALED_REKEY_INVALID");
  });

  it("does not open with a byte changed, truncated or extended", async () => {
    const sealed = await seal();
    for (let i = 0; i < sealed.length; i += 7) {
      const changed = sealed.slice();
      changed[i]! ^= 1 << (i % 7); // not bit 7 of the X25519 key, which RFC 7748 ignores
      await refusesAsync(openReKey(changed, requestId, world.sealing), "SEALED_REKEY_INVALID");
    }
    await refusesAsync(openReKey(sealed.slice(0, -1), requestId, world.sealing), "SEALED_REKEY_INVALID");
    await refusesAsync(openReKey(concatBytes(sealed, sealed), requestId, world.sealing), "SEALED_REKEY_INVALID");
  });

  it("does not open with the bit of the X25519 key changed that RFC 7748 ignores, since HPKE binds the key's bytes", async () => {
    const { v, enc, ct } = decode<{ v: number; enc: Uint8Array; ct: Uint8Array }>(await seal());
    const changed = enc.slice();
    changed[31]! ^= 0x80;
    await refusesAsync(openReKey(encode({ v, enc: changed, ct }), requestId, world.sealing), "SEALED_REKEY_INVALID");
  });

  it("checks what it opens: a sealed non-element is refused", async () => {
    const identity = toG1(G1.BASE).fill(0);
    await refusesAsync(
      openReKey(await seal({ ...reKey, rk1: identity }), requestId, world.sealing),
      "SEALED_REKEY_INVALID",
      "rk1'",
    );
  });

  it("does not seal to a key of low order or another length", async () => {
    for (const key of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), randomBytes(31), randomBytes(33)]) {
      await refusesAsync(sealReKey(reKey, requestId, key), "SEALED_REKEY_INVALID");
    }
  });

  it("refuses a request id that is not 32 bytes", async () => {
    await refusesAsync(sealReKey(reKey, randomBytes(31), world.sealing.publicKey), "INPUT_INVALID", "requestId");
    await refusesAsync(openReKey(await seal(), randomBytes(33), world.sealing), "INPUT_INVALID", "requestId");
  });
});

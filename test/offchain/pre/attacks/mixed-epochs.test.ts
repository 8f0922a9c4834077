import {
  type CheckedCiphertext,
  checkCiphertext,
  isCommittedPartial,
  type OpenByPartialsInput,
  openCapsuleByPartials,
  openShare,
  type Partial,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  type SignedOff,
} from "@medexchain/pre";
import { expect } from "chai";
import { grant, makeWorld, PAYLOAD, type Published, publish, type World } from "../../../world/crypto.ts";
import { refuses, refusesAsync } from "../support/refuses.ts";

/** Relayers of two epochs, each too few: what one approval and its resealing gave out is not enough together. */
describe("pre attack: partials of one request from two epochs, or from two requests, are put together", () => {
  let world: World;
  let record: Published;
  let ciphertext: CheckedCiphertext;
  const requestId = new Uint8Array(32).fill(7);
  const dealt: SignedOff[] = [];

  before(async () => {
    world = await makeWorld("two epochs", { indices: [1, 2, 3], threshold: 2 });
    record = await publish(world);
    ciphertext = checkCiphertext(record.ciphertext);
    dealt.push(await grant(world, record, requestId));
    Object.assign(world.group, { epoch: 4n });
    dealt.push(await grant(world, record, requestId));
    dealt.push(await grant(world, record, world.random(32)));
  });

  const partialOf = async (at: number, index: number): Promise<Partial> => {
    const shares = parseSealedShares(dealt[at]!.shares);
    return partialReEncrypt(await openShare(shares, index, world.relayerKeys.get(index)!), ciphertext);
  };
  const openAs = (at: number, partials: OpenByPartialsInput["partials"]) => {
    const { C3, C4 } = parseSealedReKey(dealt[at]!.sealedReKey);
    return openCapsuleByPartials(record.capsule, record, { C3, C4, partials, privateKey: world.userKey });
  };

  it("opens by two of either epoch", async () => {
    for (const at of [0, 1]) {
      const partials = [await partialOf(at, 1), await partialOf(at, 3)];
      expect(openAs(at, partials).payload).to.deep.equal(PAYLOAD);
    }
  });

  it("does not open by one of each, whichever X it is taken with", async () => {
    for (const other of [1, 2]) {
      const mixed = [await partialOf(0, 1), await partialOf(other, 2)];
      for (const at of [0, other]) refuses(() => openAs(at, mixed), "CAPSULE_INVALID");
    }
  });

  it("takes none of another epoch or request for one that it committed to, nor opens a share as one of the other", async () => {
    for (const [at, other] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const sealed = parseSealedReKey(dealt[at]!.sealedReKey);
      const commitments = { ...sealed, commitments: parseSealedShares(dealt[at]!.shares).commitments };
      expect(isCommittedPartial(await partialOf(at, 1), commitments, sealed)).to.equal(true);
      expect(isCommittedPartial(await partialOf(other, 1), commitments, sealed)).to.equal(false);
      const { requestId: id, epoch } = parseSealedShares(dealt[other]!.shares);
      const replayed = { ...parseSealedShares(dealt[at]!.shares), requestId: id, epoch };
      await refusesAsync(openShare(replayed, 1, world.relayerKeys.get(1)!), "SEALED_REKEY_INVALID");
    }
  });
});

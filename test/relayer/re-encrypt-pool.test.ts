import { generateRelayerKeyPair } from "@medexchain/pre";
import { expect } from "chai";
import { startReEncryptor } from "../../relayer/re-encrypt/pool.ts";
import { refuses } from "./support/refuses.ts";

describe("the re-encryption threads", () => {
  it("answer every task of a burst, in its turn", async () => {
    const pool = startReEncryptor(1, await generateRelayerKeyPair());
    try {
      const objects = { capsule: Uint8Array.of(0), sealedReKey: Uint8Array.of(0), shares: Uint8Array.of(0) };
      const nonsense = { requestId: new Uint8Array(32), epoch: 1n, index: 1, indices: [1], threshold: 1, ...objects };
      const ended: number[] = [];
      const codes = await Promise.all(
        Array.from({ length: 3_000 }, async (_, index) => {
          const code = await refuses(pool.run(nonsense));
          ended.push(index);
          return code;
        }),
      );
      expect([...new Set(codes)]).to.deep.equal(["CAPSULE_INVALID"]);
      expect(ended).to.deep.equal(ended.toSorted((one, other) => one - other));
    } finally {
      await pool.close();
    }
  });
});

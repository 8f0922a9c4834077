import { bfvContext } from "@medexchain/bfv";
import { assert } from "chai";
import { decodePayload, encodePayload } from "../../../offchain/bfv/encoding.ts";
import { DECODED, FEATURES, refusal } from "./support.ts";

describe("bfv: encoding", () => {
  const encoded = async () => {
    const bfv = await bfvContext("compact");
    const { bytes, numeric } = encodePayload(bfv, "compact", FEATURES);
    return { bfv, payload: { bytes: bytes.map((s) => s.slice()), numeric: numeric.map((s) => s.slice()) } };
  };

  it("is exact", async () => {
    const { bfv, payload } = await encoded();
    assert.deepEqual(decodePayload(bfv, "compact", payload, payload.bytes.length), DECODED);
  });

  it("packs two bytes per slot, each below 2^16", async () => {
    const { payload } = await encoded();
    assert.isTrue(payload.bytes.every((slots) => slots.every((slot) => slot >= 0n && slot < 65536n)));
    const used = payload.bytes[0]!.findLastIndex((slot) => slot !== 0n) + 1;
    assert.isBelow(used, 200);
  });

  it("refuses any change of a slot, used or not", async () => {
    for (const kind of ["bytes", "numeric"] as const) {
      for (const slot of [0, 1, 2, 5, 18, 19, 30, 60, 1000, 2047]) {
        for (const by of [1n, -1n, 65536n]) {
          const { bfv, payload } = await encoded();
          payload[kind][0]![slot]! += by;
          await refusal("FRAGMENT_INVALID", async () => decodePayload(bfv, "compact", payload, payload.bytes.length));
        }
      }
    }
  });

  it("refuses a payload of another profile, and none", async () => {
    const { bfv, payload } = await encoded();
    await refusal("FRAGMENT_INVALID", async () => decodePayload(bfv, "standard", payload, payload.bytes.length));
    await refusal("FRAGMENT_INVALID", async () => decodePayload(bfv, "compact", { bytes: [], numeric: [] }, 0));
    const zeros = { bytes: [new BigInt64Array(2048)], numeric: [] };
    await refusal("FRAGMENT_INVALID", async () => decodePayload(bfv, "compact", zeros, zeros.bytes.length));
  });

  it("refuses more than 40 MiB", async () => {
    const bfv = await bfvContext("compact");
    const text = `"${"x".repeat(40 * 1024 * 1024)}"`;
    await refusal("INPUT_INVALID", async () => encodePayload(bfv, "compact", [{ index: 0, name: "x", value: text }]));
  });
});

import { parseHospitalParameters } from "@medexchain/actors";
import { encodeObject } from "@medexchain/core";
import { initCurve, setupA, xWingPublicKey } from "@medexchain/pre";
import { gatewaySeedOf } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { encodeHospitalParameters } from "../../../offchain/actors/hospital-parameters.ts";
import { failsWith } from "../../e2e/support.ts";

describe("a hospital's parameters", () => {
  before(initCurve);

  it("are read as they were written, with the gateway's key and without", async () => {
    const { publicKey } = setupA();
    const plain = { scheme: "ibe", publicKey } as const;
    const withGateway = { ...plain, gatewayKey: await xWingPublicKey(randomBytes(32)) };
    for (const parameters of [plain, withGateway]) {
      expect(parseHospitalParameters(encodeHospitalParameters(parameters))).to.deep.equal(parameters);
    }
  });

  it("of an earlier version are read, but for a gateway's key that is of X25519 alone", () => {
    const { publicKey } = setupA();
    const type = "medexchain/hospital-parameters";
    const earlier = encodeObject({ v: 1, type, scheme: "clc", publicKey, gatewayKey: randomBytes(32) });
    expect(parseHospitalParameters(earlier)).to.deep.equal({ scheme: "clc", publicKey });
  });

  it("have no key of another length", async () => {
    const { publicKey } = setupA();
    const type = "medexchain/hospital-parameters";
    for (const [v, length] of [
      [1, 1216],
      [2, 32],
      [3, 1216],
    ] as const) {
      const bytes = encodeObject({ v, type, scheme: "ibe", publicKey, gatewayKey: randomBytes(length) });
      await failsWith("CERTIFICATE_INVALID", async () => parseHospitalParameters(bytes));
    }
  });

  it("have a gateway's key of the vault's seed or, in vaults of an earlier version, of the private key there", async () => {
    const rest = {
      role: "firewall",
      hospital: "A",
      blinding: randomBytes(32),
      prfKey: randomBytes(32),
      masterPublicKey: setupA().publicKey,
    } as const;
    const [seed, publicKey, privateKey] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    expect(gatewaySeedOf({ ...rest, gatewaySeed: seed })).to.equal(seed);
    expect(gatewaySeedOf({ ...rest, gatewayKeys: { publicKey, privateKey } })).to.equal(privateKey);
    await failsWith("VAULT_DAMAGED", async () => gatewaySeedOf(rest));
  });
});

import { pseudonymHash } from "@medexchain/chain";
import { generateFirewallSecrets, initCurve, setupA, xWingPublicKey } from "@medexchain/pre";
import type { ContentsOf } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";
import {
  answerOf,
  checkAnswer,
  type FirewallAnswer,
  fingerprintOf,
  type HospitalOffer,
  offerOf,
  type PairedFirewall,
  requirePaired,
} from "../../cli/hospital/pairing.ts";
import { failsWith } from "../e2e/support.ts";

describe("pairing a hospital with its firewall", () => {
  const about = { hospitalId: pseudonymHash("Hospital A"), homeChainId: 1 };
  const hospital = (): ContentsOf<"hospital"> => ({
    role: "hospital",
    accountKey: randomBytes(32),
    pseudonym: "Hospital A",
    scheme: "ibe",
    masterKeys: setupA(),
    serviceSeed: randomBytes(32),
  });
  /** As `medex firewall init` makes it of an offer. */
  const firewallOf = (offer: HospitalOffer): PairedFirewall => ({
    role: "firewall",
    hospital: offer.name,
    ...generateFirewallSecrets(),
    masterPublicKey: Buffer.from(offer.masterPublicKey.slice(2), "hex"),
    gatewaySeed: randomBytes(32),
    callerKey: Buffer.from(Wallet.createRandom().privateKey.slice(2), "hex"),
    hospitalKey: Buffer.from(offer.serviceKey.slice(2), "hex"),
  });
  let offer: HospitalOffer;
  let answer: FirewallAnswer;

  before(async () => {
    await initCurve();
    offer = await offerOf(hospital(), about);
    answer = await answerOf(offer, firewallOf(offer));
  });

  it("gives the hospital the keys that members need, and the account that calls it", async () => {
    const firewall = firewallOf(offer);
    const given = checkAnswer(offer, await answerOf(offer, firewall));
    expect(given.gatewayKey).to.deep.equal(await xWingPublicKey(firewall.gatewaySeed ?? new Uint8Array()));
    expect(given.caller).to.have.length(20);
  });

  it("is refused when either file was altered, or is another's, on its way", async () => {
    const other = await offerOf(hospital(), about);
    await failsWith("INPUT_INVALID", async () => checkAnswer(other, answer));
    const anothers = await answerOf(offer, firewallOf(offer));
    for (const altered of [
      { ...answer, caller: anothers.caller },
      { ...answer, gatewayKey: anothers.gatewayKey },
      { ...answer, publicKey: anothers.publicKey },
      { ...answer, proof: anothers.proof },
      { ...answer, name: "Hospital B" },
    ]) {
      await failsWith("INPUT_INVALID", async () => checkAnswer(offer, altered));
    }
    // A false offer that reached the firewall, of somebody who would take the hospital's calls.
    const false_ = { ...offer, serviceKey: other.serviceKey };
    await failsWith("INPUT_INVALID", async () => checkAnswer(offer, await answerOf(false_, firewallOf(false_))));
  });

  it("is refused of a firewall whose public key is its own, not the hospital's blinded", async () => {
    const own = setupA();
    // It proves what it can: that it knows the secret of its key over g2, and that it knows some factor over the hospital's key.
    const rogue = firewallOf(offer);
    const proven = await answerOf(offer, { ...rogue, blinding: own.secretKey });
    const publicKey = `0x${Buffer.from(own.publicKey).toString("hex")}` as const;
    await failsWith("INPUT_INVALID", async () => checkAnswer(offer, { ...proven, publicKey }));
  });

  it("shows both keepers the same fingerprint, and another one of any other answer", async () => {
    expect(fingerprintOf(answer)).to.match(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    expect(fingerprintOf(JSON.parse(JSON.stringify(answer)))).to.equal(fingerprintOf(answer));
    const another = await answerOf(offer, firewallOf(offer));
    expect(fingerprintOf(another)).to.not.equal(fingerprintOf(answer));
  });

  it("is not begun with vaults of before the two were two", async () => {
    const { serviceSeed: _, ...earlier } = hospital();
    await failsWith("INPUT_INVALID", () => offerOf(earlier, about));
    const { callerKey: __, ...alone } = firewallOf(offer);
    await failsWith("INPUT_INVALID", async () => requirePaired(alone));
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Ciphertext,
  crfEncrypt,
  deriveBeta,
  encrypt,
  generateFirewallSecrets,
  initCurve,
  inMemorySeenRecords,
  ReverseFirewall,
  randomMessage,
  type SeenRecords,
  setupA,
} from "@medexchain/pre";
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { openSeenRecords } from "../../../../offchain/actors/files/seen-records.ts";
import { Fr, G2, g2, randomExponent } from "../support/noble.ts";
import { refusesAsync } from "../support/refuses.ts";

describe("pre attack: a subverted device has the same record re-randomised twice", () => {
  const MESSAGE = 0x42n;
  const alpha1 = randomExponent();
  const owner = { identity: randomBytes(32), scope: randomBytes(32) };
  let options: Omit<ConstructorParameters<typeof ReverseFirewall>[0], "seenRecords">;
  let hospitalKey: ReverseFirewall["publicKey"];

  before(async () => {
    await initCurve();
    options = { secrets: generateFirewallSecrets(), masterPublicKey: setupA().publicKey };
    hospitalKey = firewallWith(inMemorySeenRecords()).publicKey;
  });

  const firewallWith = (seenRecords: SeenRecords) => new ReverseFirewall({ ...options, seenRecords });

  /** The subverted device: α2 = α1 + message, by way of its randomness. */
  function fromDevice(alpha: bigint): Ciphertext {
    return encrypt(randomMessage(), owner, hospitalKey, (length) => numberToBytesBE(Fr.create(alpha), length));
  }

  it("the paper's form: the difference of two outputs is the device's message", () => {
    const beta = deriveBeta(options.secrets.prfKey, owner.scope);
    const first = crfEncrypt(fromDevice(alpha1), owner, hospitalKey, beta);
    const second = crfEncrypt(fromDevice(alpha1 + MESSAGE), owner, hospitalKey, beta);
    expect(g2(second.c1).subtract(g2(first.c1)).equals(G2.BASE.multiply(MESSAGE))).to.equal(true);
    expect(bytesToNumberBE(beta)).to.not.equal(0n);
  });

  it("ours: the firewall refuses a record id that it has seen, and not another", async () => {
    const firewall = firewallWith(inMemorySeenRecords());
    await firewall.reRandomise(owner.scope, owner, fromDevice(alpha1));
    const second = firewall.reRandomise(owner.scope, owner, fromDevice(alpha1 + MESSAGE));
    await refusesAsync(second, "FIREWALL_RECORD_SEEN");
    await firewall.reRandomise(randomBytes(32), owner, fromDevice(alpha1 + MESSAGE));
  });

  it("ours: of concurrent calls with one record id exactly one is answered", async () => {
    const firewall = firewallWith(inMemorySeenRecords());
    const calls = [0n, 1n, 2n, 3n].map((n) => firewall.reRandomise(owner.scope, owner, fromDevice(alpha1 + n)));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).to.have.length(1);
  });

  it("ours: it still refuses after a restart, when its store is on disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "medex-seen-"));
    try {
      const sent = fromDevice(alpha1);
      const first = await firewallWith(await openSeenRecords(folder)).reRandomise(owner.scope, owner, sent);
      const restarted = firewallWith(await openSeenRecords(folder));
      // A device that did not get its answer gets the same one, of which there is no difference.
      expect(await restarted.reRandomise(owner.scope, owner, sent)).to.deep.equal(first);
      const second = restarted.reRandomise(owner.scope, owner, fromDevice(alpha1 + MESSAGE));
      await refusesAsync(second, "FIREWALL_RECORD_SEEN");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

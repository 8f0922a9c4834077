import { type G1Bytes, type GtBytes, generateFirewallSecrets, initCurve } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { generators } from "../../bench/generators.ts";
import { ibpreCrf } from "../../bench/schemes/ibpre-crf.ts";

describe("IBPRE-CRF", () => {
  const [owner, user, stranger] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  let world: ReturnType<typeof makeWorld>;

  function makeWorld() {
    const { g1, g2 } = generators();
    const scheme = ibpreCrf(g1, g2);
    const authority = scheme.setup(randomBytes);
    const { blinding } = generateFirewallSecrets();
    const publicKey = scheme.crfSetup(blinding, authority.publicKey);
    const unblinded = (identity: Uint8Array) => scheme.keyGen(authority.secretKey, identity);
    const keyOf = (identity: Uint8Array): G1Bytes => scheme.crfKeyGen(blinding, unblinded(identity));
    const { m, sent } = scheme.encapsulate(owner, publicKey, randomBytes);
    const ciphertext = scheme.crfEncrypt(sent, owner, publicKey, randomBytes);
    const proposal = scheme.reKeyGen(keyOf(owner), user, publicKey, randomBytes);
    const reKey = scheme.crfReKeyGen(proposal, user, publicKey, randomBytes);
    return { scheme, publicKey, unblinded, keyOf, m, sent, ciphertext, proposal, reKey };
  }

  before(async () => {
    await initCurve();
    world = makeWorld();
  });

  it("lets the owner decrypt what the device made and what the firewall made of it", () => {
    const { scheme, keyOf, m, sent, ciphertext } = world;
    expect(scheme.decryptOwner(sent, keyOf(owner))).to.deep.equal(m);
    expect(scheme.decryptOwner(ciphertext, keyOf(owner))).to.deep.equal(m);
  });

  it("lets the user decrypt a re-encryption, with the device's key and with the firewall's", () => {
    const { scheme, keyOf, m, ciphertext, proposal, reKey } = world;
    for (const key of [proposal, reKey]) {
      expect(scheme.decryptUser(scheme.reEncrypt(ciphertext, key), keyOf(user))).to.deep.equal(m);
    }
  });

  it("gives nobody else the message", () => {
    const { scheme, keyOf, unblinded, m, ciphertext, reKey } = world;
    const reEncrypted = scheme.reEncrypt(ciphertext, reKey);
    const others: GtBytes[] = [
      scheme.decryptUser(reEncrypted, keyOf(stranger)),
      scheme.decryptUser(reEncrypted, unblinded(user)),
      scheme.decryptOwner(ciphertext, keyOf(user)),
      scheme.decryptOwner(ciphertext, unblinded(owner)),
    ];
    for (const other of others) expect(other).to.not.deep.equal(m);
  });

  it("re-encrypts what was made for the owner only", () => {
    const { scheme, publicKey, keyOf, reKey } = world;
    const { m, sent } = scheme.encapsulate(stranger, publicKey, randomBytes);
    expect(scheme.decryptUser(scheme.reEncrypt(sent, reKey), keyOf(user))).to.not.deep.equal(m);
  });

  it("leaves nothing of the device's randomness in what passes the firewall", () => {
    const { sent, ciphertext, proposal, reKey } = world;
    expect(ciphertext.c1).to.not.deep.equal(sent.c1);
    expect(ciphertext.c2).to.not.deep.equal(sent.c2);
    expect(reKey.R1).to.not.deep.equal(proposal.R1);
    expect(reKey.R2).to.not.deep.equal(proposal.R2);
  });
});

import {
  checkCiphertext,
  createCapsule,
  crfEncrypt,
  crfKeyGenDO,
  crfKeyGenDU,
  crfReKeyGen,
  crfSetup,
  dealShares,
  deriveBeta,
  drawX,
  encapsulate,
  type G1Bytes,
  generateFirewallSecrets,
  generateRelayerKeyPair,
  keyGenDO,
  keyGenDU,
  openCapsuleAsOwner,
  openCapsuleByPartials,
  openRecordSecret,
  openShare,
  parseSealedShares,
  partialKeyGenDU,
  partialReEncrypt,
  type RelayerKeyPair,
  reKeyGen,
  sealRecordSecret,
  sealShares,
  setupA,
  setupB,
  type XWingBox,
  xWingPublicKey,
} from "@medexchain/pre";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld } from "../../../world/crypto.ts";
import { refuses } from "../support/refuses.ts";

const PAYLOAD = utf8ToBytes("a record's secrets");

/** What a party holds, beside all that is public. */
interface Held {
  /** `s`, `y`: master keys. */
  readonly s?: Parameters<typeof keyGenDO>[0];
  readonly y?: Parameters<typeof partialKeyGenDU>[0];
  /** `a` and `b`. */
  readonly a?: ReturnType<typeof generateFirewallSecrets>;
  readonly b?: ReturnType<typeof generateFirewallSecrets>;
  /** `sk_DO'`, which passes through the firewall of Hospital A. */
  readonly ownerKey?: G1Bytes;
  readonly relayers?: readonly RelayerKeyPair[];
  /** Of a doctor: `sk_DU` and the seed of the X-Wing key. */
  readonly doctor?: { readonly privateKey: G1Bytes; readonly seed: Uint8Array };
}

/** Every two parties of the threat model but the doctor to whom the record was granted, and all of them together. */
describe("pre attack: any parties who pool all that they have, without the doctor who was granted the record", () => {
  let held: Record<string, Held>;
  let granted: NonNullable<Held["doctor"]>;
  let tryToOpen: (pooled: Held) => Promise<{ readonly hasM: boolean; readonly opened: Uint8Array | undefined }>;

  before(async () => {
    await makeWorld(); // loads the curve
    const [a, b] = [setupA(), setupB()];
    const [firewallA, firewallB] = [generateFirewallSecrets(), generateFirewallSecrets()];
    const [keyA, keyB] = [crfSetup(firewallA.blinding, a.publicKey), crfSetup(firewallB.blinding, b.publicKey)];
    const makeDoctor = () => {
      const identity = randomBytes(32);
      const partial = crfKeyGenDU(firewallB.blinding, partialKeyGenDU(b.secretKey, identity), identity, b.publicKey);
      return { identity, ...keyGenDU(partial, identity, keyB), seed: randomBytes(32) };
    };
    const [doctor, other] = [makeDoctor(), makeDoctor()];
    const [recordId, requestId, q] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const owner = { identity: randomBytes(32), scope: recordId };
    const ownerKey = crfKeyGenDO(firewallA.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey);
    const { m, sent } = encapsulate(owner, keyA);
    const ciphertext = crfEncrypt(sent, owner, keyA, deriveBeta(firewallA.prfKey, recordId));
    const capsule = createCapsule({ recordId, owner, q, m, sent, ciphertext, hospitalKey: keyA, payload: PAYLOAD });

    const requester = { identity: doctor.identity, publicKey: doctor.publicKey, hospitalKey: keyB };
    const x = drawX();
    const beta = deriveBeta(firewallA.prfKey, recordId);
    const proposal = reKeyGen(ownerKey, x, requester);
    const reKey = crfReKeyGen(proposal, { x, beta, owner, hospitalKey: keyA, requester });
    const context = { requestId, epoch: 1n };
    const indices = [1, 2, 3];
    const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: ciphertext.c1, threshold: 2, indices });
    const relayers = await Promise.all(indices.map(() => generateRelayerKeyPair()));
    const recipients = relayers.map(({ publicKey }, at) => ({ index: at + 1, sealingKey: publicKey }));
    const sealed = parseSealedShares(await sealShares(dealing, context, recipients));
    const box: XWingBox = await sealRecordSecret(q, { requestId, recordId }, await xWingPublicKey(doctor.seed));

    const { rk2: C3, rk3: C4 } = reKey;
    granted = doctor;
    held = {
      "Hospital A": { s: a.secretKey },
      "Hospital A's firewall": { a: firewallA, ownerKey },
      "Hospital B": { y: b.secretKey },
      "Hospital B's firewall": { b: firewallB },
      "all relayers": { relayers },
      "another doctor": { doctor: other },
    };

    const subject = { recordId, owner };
    const secretsOf = async ({ relayers: pairs = [], doctor: who }: Held): Promise<(Uint8Array | undefined)[]> => {
      const seeds = [...pairs.map(({ seed }) => seed), ...(who ? [who.seed] : [])];
      const opened = seeds.map((seed) => openRecordSecret(box, { requestId, recordId }, seed).catch(() => undefined));
      return [undefined, new Uint8Array(32), ...(await Promise.all(opened))];
    };
    /** Owner's keys and doctors' keys as they follow from what is pooled. */
    const keysOf = (pooled: Held): { owners: G1Bytes[]; doctors: G1Bytes[] } => {
      const owners = [...(pooled.ownerKey ? [pooled.ownerKey] : [])];
      if (pooled.s) {
        const plain = keyGenDO(pooled.s, owner);
        owners.push(plain, ...(pooled.a ? [crfKeyGenDO(pooled.a.blinding, plain, owner, a.publicKey)] : []));
      }
      const doctors = [...(pooled.doctor ? [pooled.doctor.privateKey] : [])];
      if (pooled.y) {
        const plain = partialKeyGenDU(pooled.y, doctor.identity);
        doctors.push(plain);
        if (pooled.b) doctors.push(crfKeyGenDU(pooled.b.blinding, plain, doctor.identity, b.publicKey));
      }
      return { owners, doctors };
    };
    tryToOpen = async (pooled) => {
      const { owners, doctors } = keysOf(pooled);
      const pairs = (pooled.relayers ?? []).slice(0, 2);
      const shares = await Promise.all(pairs.map((pair, at) => openShare(sealed, at + 1, pair)));
      const partials = shares.map((share) => partialReEncrypt(share, checkCiphertext(ciphertext)));
      const isM = (open: (secret: Uint8Array) => unknown): boolean => {
        try {
          open(q); // who has M opens it with Q, which is how the test knows
          return true;
        } catch {
          return false;
        }
      };
      const ways = [
        ...owners.map((key) => (secret: Uint8Array | undefined) => {
          return openCapsuleAsOwner(capsule, { ...subject, q: secret }, key);
        }),
        ...(partials.length === 2 ? doctors : []).map((privateKey) => (secret: Uint8Array | undefined) => {
          return openCapsuleByPartials(capsule, { ...subject, q: secret }, { C3, C4, partials, privateKey });
        }),
      ];
      let opened: Uint8Array | undefined;
      for (const way of ways) {
        for (const secret of await secretsOf(pooled)) {
          try {
            opened = way(secret).payload;
          } catch (error) {
            refuses(() => {
              throw error;
            }, "CAPSULE_INVALID");
          }
        }
      }
      return { hasM: ways.some(isM), opened };
    };
  });

  it("opens for the doctor, with the relayers, as it should", async () => {
    const { relayers } = held["all relayers"]!;
    const { hasM, opened } = await tryToOpen({ relayers: relayers!, doctor: granted });
    expect([hasM, opened]).to.deep.equal([true, PAYLOAD]);
  });

  it("opens for no two of them, even where they have M", async () => {
    const names = Object.keys(held);
    const withM: string[] = [];
    for (const [at, one] of names.entries()) {
      for (const other of names.slice(at)) {
        const { hasM, opened } = await tryToOpen({ ...held[one], ...held[other] });
        expect(opened, `${one} and ${other}`).to.equal(undefined);
        if (hasM) withM.push(one === other ? one : `${one} and ${other}`);
      }
    }
    // Through the firewall of Hospital A passes the owner's key. Nobody else has M with anybody else.
    expect(withM).to.have.length(names.length);
    expect(withM.every((pair) => pair.includes("Hospital A's firewall"))).to.equal(true);
  });

  it("opens for all of them together neither", async () => {
    const all: Held = Object.assign({}, ...Object.values(held));
    const { hasM, opened } = await tryToOpen(all);
    expect([hasM, opened]).to.deep.equal([true, undefined]);
  });
});

/** A record granted to the doctor, whose `rk1'` the firewall has dealt to relayers, as the protocol would have it. */
import {
  type CheckDealingInput,
  type CheckedCiphertext,
  checkCiphertext,
  checkDealing,
  crfEncrypt,
  crfKeyGenDO,
  crfReKeyGen,
  crfSetup,
  type Dealing,
  dealShares,
  decryptPartials,
  deriveBeta,
  drawX,
  encapsulate,
  type FirewallSecrets,
  type GtBytes,
  generateFirewallSecrets,
  keyGenDO,
  type Partial,
  partialReEncrypt,
  type ReKey,
  reKeyGen,
  setupA,
} from "@medexchain/pre";
import type { World } from "../../../world/crypto.ts";

export interface Dealt {
  readonly reKey: ReKey;
  readonly m: GtBytes;
  readonly ciphertext: CheckedCiphertext;
  readonly dealing: Dealing;
  /** What the device checks the dealing against. */
  readonly expected: CheckDealingInput;
  /** The partials of some relayers. */
  partialsOf(indices: readonly number[]): Partial[];
  /** What the doctor makes of partials. */
  open(partials: readonly Partial[]): GtBytes;
}

/** Deals a new record's re-encryption key to relayers; `change` is what a subverted firewall deals in its place. */
export function deal(
  world: World,
  threshold: number,
  indices: readonly number[],
  change: (reKey: ReKey) => ReKey = (k) => k,
): Dealt {
  const { random } = world;
  const a = setupA(random);
  const secrets: FirewallSecrets = generateFirewallSecrets(random);
  const hospitalKey = crfSetup(secrets.blinding, a.publicKey);
  const recordId = random(32);
  const context = { requestId: random(32), epoch: 7n };
  const owner = { identity: world.identity, scope: recordId };
  const ownerKey = crfKeyGenDO(secrets.blinding, keyGenDO(a.secretKey, owner), owner, a.publicKey);
  const { m, sent } = encapsulate(owner, hospitalKey, random);
  const beta = () => deriveBeta(secrets.prfKey, recordId);
  const wire = crfEncrypt(sent, owner, hospitalKey, beta());
  const x = drawX(random);
  const proposal = reKeyGen(ownerKey, x, world.requester, random);
  const requester = world.requester;
  const reKey = change(crfReKeyGen(proposal, { x, beta: beta(), owner, hospitalKey, requester }, random));
  const dealing = dealShares({ ...context, rk1: reKey.rk1, c1: wire.c1, threshold, indices }, random);
  const ciphertext = checkCiphertext(wire);
  const partialsOf = (chosen: readonly number[]) =>
    dealing.shares.filter(({ index }) => chosen.includes(index)).map((share) => partialReEncrypt(share, ciphertext));
  return {
    reKey,
    m,
    ciphertext,
    dealing,
    expected: { ...context, x, owner, hospitalKey, ciphertext: wire, threshold, indices },
    partialsOf,
    open: (partials) =>
      decryptPartials({ ciphertext, C3: reKey.rk2, C4: reKey.rk3, partials, privateKey: world.userKey }),
  };
}

/** Checks a dealing as the device does. */
export function check(dealt: Dealt, change: globalThis.Partial<Dealing> = {}): void {
  checkDealing({ ...dealt.dealing, ...change }, dealt.expected);
}

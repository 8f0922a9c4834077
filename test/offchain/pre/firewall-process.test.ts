import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, encode } from "@ipld/dag-cbor";
import {
  checkCiphertext,
  checkOwnerKey,
  createCapsule,
  encapsulate,
  encrypt,
  type FirewalledCiphertext,
  type G1Bytes,
  type G2Bytes,
  type GtBytes,
  keyGenDO,
  type MasterKeyPair,
  openCapsuleAsOwner,
  openCapsuleByPartials,
  openShare,
  parseCapsule,
  parseSealedReKey,
  parseSealedShares,
  partialReEncrypt,
  reKeyGen,
  type SignedOff,
  setupA,
} from "@medexchain/pre";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { makeWorld, PAYLOAD, type World } from "../../world/crypto.ts";
import { frames, writeFrame } from "./support/frames.ts";

const PROGRAM = fileURLToPath(new URL("./support/firewall-process.ts", import.meta.url));

/** The other end: all that the device has of the firewall is a pair of byte streams. */
class RemoteFirewall {
  readonly #process: ChildProcess;
  readonly #answers: AsyncGenerator<Uint8Array>;

  constructor(folder: string) {
    this.#process = spawn(process.execPath, [PROGRAM, folder], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = frames(this.#process.stdout!);
  }

  /** The answer, or the error's code. */
  async call<Answer>(method: string, args: unknown = {}): Promise<Answer | string> {
    writeFrame(this.#process.stdin!, { method, args });
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error("the firewall's process ended");
    const { ok, code } = decode<{ ok?: Answer; code?: string }>(value);
    return code ?? (ok as Answer); // one of the two is there
  }

  async expect<Answer>(method: string, args: unknown = {}): Promise<Answer> {
    const answer = await this.call<Answer>(method, args);
    if (typeof answer === "string") throw new Error(answer);
    return answer;
  }

  /** Ends it without warning, as a power cut does. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}

describe("pre: a reverse firewall in a process of its own", () => {
  let folder: string;
  let hospital: MasterKeyPair;
  let world: World;
  let firewall: RemoteFirewall;
  const epoch = 3; // of the world's relayers

  before(async () => {
    world = await makeWorld();
    hospital = setupA();
    folder = await mkdtemp(join(tmpdir(), "medex-firewall-"));
    await writeFile(join(folder, "master-public-key"), hospital.publicKey);
    await writeFile(join(folder, "group"), encode({ ...world.group, epoch }));
    firewall = new RemoteFirewall(folder);
  });

  after(async () => {
    await firewall.kill();
    await rm(folder, { recursive: true });
  });

  async function restart(): Promise<void> {
    await firewall.kill();
    firewall = new RemoteFirewall(folder);
  }

  it("serves a device by bytes alone, from the key to what the user opens", async () => {
    const recordId = randomBytes(32);
    const requestId = randomBytes(32);
    const owner = { identity: randomBytes(32), scope: recordId };
    const hospitalKey = await firewall.expect<G2Bytes>("publicKey");
    const privateKey = keyGenDO(hospital.secretKey, owner);
    const ownerKey = await firewall.expect<G1Bytes>("blindOwnerKey", { privateKey, owner });
    checkOwnerKey(ownerKey, owner, hospitalKey);

    const { m, sent } = encapsulate(owner, hospitalKey);
    const ciphertext = await firewall.expect<FirewalledCiphertext>("reRandomise", {
      recordId,
      owner,
      ciphertext: sent,
    });
    const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload: PAYLOAD });
    expect(openCapsuleAsOwner(capsule, { recordId, owner }, ownerKey).payload).to.deep.equal(PAYLOAD);

    await writeFile(join(folder, bytesToHex(recordId)), capsule);
    const { requester, relayerKeys, userKey } = world;
    const x = await firewall.expect<GtBytes>("dealX", { recordId, requestId, epoch });
    const proposal = reKeyGen(ownerKey, x, requester);
    const input = { recordId, requestId, epoch, owner, requester, proposal };
    const { sealedReKey, shares } = await firewall.expect<SignedOff>("signOff", input);
    const share = await openShare(parseSealedShares(shares), 1, relayerKeys.get(1)!);
    const partials = [partialReEncrypt(share, checkCiphertext(parseCapsule(capsule)))];
    const { C3, C4 } = parseSealedReKey(sealedReKey);
    const opened = openCapsuleByPartials(capsule, { recordId, owner }, { C3, C4, partials, privateKey: userKey });
    expect(opened.payload).to.deep.equal(PAYLOAD);
  });

  it("is the same firewall after a restart: its key, the records that it has seen, and what it signed off", async () => {
    const recordId = randomBytes(32);
    const requestId = randomBytes(32);
    const owner = { identity: randomBytes(32), scope: recordId };
    const hospitalKey = await firewall.expect<G2Bytes>("publicKey");
    const privateKey = keyGenDO(hospital.secretKey, owner);
    const ownerKey = await firewall.expect<G1Bytes>("blindOwnerKey", { privateKey, owner });
    const { m, sent } = encapsulate(owner, hospitalKey);
    const ciphertext = await firewall.expect<FirewalledCiphertext>("reRandomise", {
      recordId,
      owner,
      ciphertext: sent,
    });
    const capsule = createCapsule({ recordId, owner, m, sent, ciphertext, hospitalKey, payload: PAYLOAD });
    await writeFile(join(folder, bytesToHex(recordId)), capsule);
    const { requester } = world;
    const x = await firewall.expect<GtBytes>("dealX", { recordId, requestId, epoch });
    const proposal = reKeyGen(ownerKey, x, requester);
    const input = { recordId, requestId, epoch, owner, requester, proposal };

    await restart();
    expect(await firewall.expect("publicKey")).to.deep.equal(hospitalKey);
    expect(await firewall.expect("blindOwnerKey", { privateKey, owner })).to.deep.equal(ownerKey);
    const again = encrypt(m, owner, hospitalKey);
    expect(await firewall.call("reRandomise", { recordId, owner, ciphertext: again })).to.equal("FIREWALL_RECORD_SEEN");

    // X went with the process: the old proposal is refused, and one on a new X passes, once.
    expect(await firewall.call("signOff", input)).to.equal("PRE_REKEY_REFUSED");
    const dealt = await firewall.expect<GtBytes>("dealX", { recordId, requestId, epoch });
    expect(dealt).to.not.deep.equal(x);
    expect(await firewall.call("signOff", input)).to.equal("PRE_REKEY_REFUSED");
    await firewall.expect("signOff", { ...input, proposal: reKeyGen(ownerKey, dealt, requester) });

    await restart();
    expect(await firewall.call("dealX", { recordId, requestId, epoch })).to.equal("PRE_REKEY_REFUSED");
  });
});

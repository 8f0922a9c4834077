import {
  encrypt,
  type FirewallSecrets,
  generateFirewallSecrets,
  inMemorySeenRecords,
  keyGenDO,
  ReverseFirewall,
  randomMessage,
  reKeyGen,
  type SeenRecords,
  setupA,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grant, makeWorld, type Published, publish, type World } from "../../world/crypto.ts";
import { refuses, refusesAsync } from "./support/refuses.ts";

describe("pre: reverse firewall", () => {
  let world: World;
  let record: Published;
  before(async () => {
    world = await makeWorld();
    record = await publish(world);
  });

  function firewallWith(seenRecords: SeenRecords, secrets: FirewallSecrets = generateFirewallSecrets()) {
    return new ReverseFirewall({ secrets, masterPublicKey: setupA().publicKey, seenRecords });
  }

  it("deals the same X until sign-off, another per request and per record, and each as a copy", async () => {
    const requestId = randomBytes(32);
    const x = await world.firewall.dealX(record.recordId, requestId);
    const copy = x.slice();
    x.fill(0);
    expect(await world.firewall.dealX(record.recordId, requestId)).to.deep.equal(copy);
    expect(await world.firewall.dealX(record.recordId, randomBytes(32))).to.not.deep.equal(copy);
    expect(await world.firewall.dealX(randomBytes(32), requestId)).to.not.deep.equal(copy);
  });

  it("signs off a request once: then it deals no X for it and signs nothing", async () => {
    const requestId = randomBytes(32);
    const { recordId, owner } = record;
    const { firewall, requester } = world;
    const proposal = reKeyGen(record.ownerKey, await firewall.dealX(recordId, requestId), requester);
    const input = { recordId, requestId, owner, requester, proposal };
    const outcomes = await Promise.allSettled([firewall.signOff(input), firewall.signOff(input)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(1);
    await refusesAsync(firewall.signOff(input), "PRE_REKEY_REFUSED", "signed off");
    await refusesAsync(firewall.dealX(recordId, requestId), "PRE_REKEY_REFUSED", "signed off");
    await grant(world, record, randomBytes(32)); // other requests go on
  });

  it("signs off nothing for which it dealt no X", async () => {
    const { recordId, owner } = record;
    const { firewall, requester } = world;
    const dealt = await firewall.dealX(recordId, randomBytes(32));
    const proposal = reKeyGen(record.ownerKey, dealt, requester);
    const input = { recordId, requestId: randomBytes(32), owner, requester, proposal };
    await refusesAsync(firewall.signOff(input), "PRE_REKEY_REFUSED", "dealX");
  });

  it("keeps X when sealing fails, so that the request can go on once the chain has a right key", async () => {
    const [a, requestId] = [setupA(), randomBytes(32)];
    const [secrets, seenRecords] = [generateFirewallSecrets(), inMemorySeenRecords()];
    let onChain = new Uint8Array(32);
    const options = { secrets, masterPublicKey: a.publicKey, seenRecords };
    const firewall = new ReverseFirewall({ ...options, sealingKey: async () => onChain });
    const recordId = randomBytes(32);
    const owner = { identity: randomBytes(32), scope: recordId };
    await firewall.reRandomise(recordId, owner, encrypt(randomMessage(), owner, firewall.publicKey));
    const ownerKey = firewall.blindOwnerKey(keyGenDO(a.secretKey, owner), owner);
    const { requester } = world;
    const proposal = reKeyGen(ownerKey, await firewall.dealX(recordId, requestId), requester);
    const input = { recordId, requestId, owner, requester, proposal };
    await refusesAsync(firewall.signOff(input), "SEALED_REKEY_INVALID");
    onChain = world.sealing.publicKey.slice();
    expect(await firewall.signOff(input)).to.be.instanceOf(Uint8Array);
    await refusesAsync(new ReverseFirewall(options).signOff(input), "PRE_REKEY_REFUSED", "relayers' key");
  });

  it("does not use a record id up on a malformed ciphertext", async () => {
    const firewall = firewallWith(inMemorySeenRecords());
    const recordId = randomBytes(32);
    const owner = { identity: randomBytes(32), scope: recordId };
    const sent = encrypt(randomMessage(), owner, firewall.publicKey);
    const malformed = { ...sent, c2: sent.c2.slice(1) as typeof sent.c2 };
    await refusesAsync(firewall.reRandomise(recordId, owner, malformed), "PRE_ELEMENT_INVALID", "c2");
    await firewall.reRandomise(recordId, owner, sent);
  });

  it("signs off whatever ids were re-randomised as records before, the sign-off's own among them", async () => {
    const requestId = randomBytes(32);
    const { recordId, owner } = record;
    const { firewall, requester } = world;
    const label = utf8ToBytes("medexchain/v1/firewall/sign-off\0");
    const pair = sha256(concatBytes(label, recordId, requestId));
    const thief = { identity: randomBytes(32), scope: pair };
    await firewall.reRandomise(pair, thief, encrypt(randomMessage(), thief, firewall.publicKey));
    const proposal = reKeyGen(record.ownerKey, await firewall.dealX(recordId, requestId), requester);
    const input = { recordId, requestId, owner, requester, proposal };
    expect(await firewall.signOff(input)).to.be.instanceOf(Uint8Array);
  });

  it("keeps so many dealt X and no more, the latest", async () => {
    const options = { secrets: generateFirewallSecrets(), masterPublicKey: setupA().publicKey, maxDealt: 3 };
    const firewall = new ReverseFirewall({ ...options, seenRecords: inMemorySeenRecords() });
    const deal = (byte: number) => firewall.dealX(record.recordId, new Uint8Array(32).fill(byte));
    const dealt = [await deal(1), await deal(2), await deal(3)];
    expect([await deal(1), await deal(2), await deal(3)]).to.deep.equal(dealt);
    await deal(4);
    expect(await deal(2)).to.deep.equal(dealt[1]);
    expect(await deal(1)).to.not.deep.equal(dealt[0]);
  });

  it("gives no answer when its store fails", async () => {
    const seen = inMemorySeenRecords();
    const add = () => Promise.reject(new Error("disk full"));
    const failing: SeenRecords = { ...seen, records: { ...seen.records, add } };
    const firewall = firewallWith(failing);
    const recordId = randomBytes(32);
    const owner = { identity: randomBytes(32), scope: recordId };
    const sent = encrypt(randomMessage(), owner, firewall.publicKey);
    let answer: unknown;
    await firewall.reRandomise(recordId, owner, sent).then(
      (output) => {
        answer = output;
      },
      (error) => expect(error.message).to.equal("disk full"),
    );
    expect(answer).to.equal(undefined);
  });

  it("has the same public key and β from the same secrets, and keeps its own copy of them", () => {
    const secrets = generateFirewallSecrets();
    const masterPublicKey = setupA().publicKey;
    const make = () => new ReverseFirewall({ secrets, masterPublicKey, seenRecords: inMemorySeenRecords() });
    const first = make();
    expect(make().publicKey).to.deep.equal(first.publicKey);
    const kept = structuredClone(secrets);
    first[Symbol.dispose]();
    expect(secrets).to.deep.equal(kept);
  });

  it("refuses malformed secrets when it is made, and all work once disposed of", async () => {
    const { blinding, prfKey } = generateFirewallSecrets();
    refuses(() => firewallWith(inMemorySeenRecords(), { blinding, prfKey: prfKey.slice(1) }), "INPUT_INVALID");
    const zero = blinding.slice().fill(0) as typeof blinding;
    refuses(() => firewallWith(inMemorySeenRecords(), { blinding: zero, prfKey }), "PRE_ELEMENT_INVALID");
    const firewall = firewallWith(inMemorySeenRecords());
    firewall[Symbol.dispose]();
    await refusesAsync(firewall.dealX(randomBytes(32), randomBytes(32)), "INPUT_INVALID", "disposed");
    refuses(() => firewall.blindOwnerKey(record.ownerKey, record.owner), "INPUT_INVALID", "disposed");
  });

  it("refuses ids that are not 32 bytes", async () => {
    const { firewall } = world;
    await refusesAsync(firewall.reRandomise(randomBytes(31), record.owner, record.sent), "INPUT_INVALID", "recordId");
    await refusesAsync(firewall.dealX(randomBytes(33), randomBytes(32)), "INPUT_INVALID", "recordId");
    await refusesAsync(firewall.dealX(randomBytes(32), randomBytes(31)), "INPUT_INVALID", "requestId");
  });
});

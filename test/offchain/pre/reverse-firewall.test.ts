import {
  checkSignedOff,
  drawX,
  encodeSealedReKey,
  encrypt,
  type FirewallSecrets,
  generateFirewallSecrets,
  inMemorySeenRecords,
  keyGenDO,
  openShare,
  parseSealedReKey,
  parseSealedShares,
  ReverseFirewall,
  randomMessage,
  reKeyGen,
  type SealedReKey,
  type SeenRecords,
  type SignedOff,
  sealShares,
  setupA,
} from "@medexchain/pre";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { grant, makeWorld, type Published, publish, sourcesOf, type World } from "../../world/crypto.ts";
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

  /** A world whose relayers may change, with a record published in it. */
  async function changingWorld(name: string) {
    const changing = await makeWorld(name, { indices: [1, 2, 4], threshold: 2 });
    const published = await publish(changing);
    return { changing, published };
  }

  /** What the device asks the firewall of `of` to sign off. */
  async function proposed(of: World, published: Published, requestId: Uint8Array) {
    const { recordId, owner, ownerKey } = published;
    const { epoch } = of.group;
    const proposal = reKeyGen(ownerKey, await of.firewall.dealX(recordId, requestId, epoch), of.requester);
    return { recordId, requestId, epoch, owner, requester: of.requester, proposal };
  }

  it("deals the same X until sign-off, another per request and per record, and each as a copy", async () => {
    const requestId = randomBytes(32);
    const deal = (recordId: Uint8Array, id: Uint8Array) => world.firewall.dealX(recordId, id, epoch);
    const { epoch } = world.group;
    const x = await deal(record.recordId, requestId);
    const copy = x.slice();
    x.fill(0);
    expect(await deal(record.recordId, requestId)).to.deep.equal(copy);
    expect(await deal(record.recordId, randomBytes(32))).to.not.deep.equal(copy);
    expect(await deal(randomBytes(32), requestId)).to.not.deep.equal(copy);
  });

  it("deals to the relayers of the chain what the device finds right: k, their indices, their keys", async () => {
    const { changing, published } = await changingWorld("dealt to three");
    const input = await proposed(changing, published, randomBytes(32));
    const x = await changing.firewall.dealX(input.recordId, input.requestId, input.epoch);
    const signedOff = await changing.firewall.signOff(input);
    const expected = {
      requestId: input.requestId,
      epoch: input.epoch,
      x,
      owner: input.owner,
      hospitalKey: changing.firewall.publicKey,
      ciphertext: published.ciphertext,
      threshold: 2,
      indices: [1, 2, 4],
    };
    checkSignedOff(signedOff, expected);
    for (const { index, share } of signedOff.dealt) {
      const opened = await openShare(parseSealedShares(signedOff.shares), index, changing.relayerKeys.get(index)!);
      expect(opened.share).to.deep.equal(share);
    }
    const other = await changing.firewall.signOff(await proposed(changing, published, randomBytes(32)));
    const [first, second] = signedOff.dealt;
    const key = parseSealedReKey(signedOff.sealedReKey);
    const { commitments } = parseSealedShares(signedOff.shares);
    const dealing = { ...key, shares: signedOff.dealt, commitments };
    const { relayers } = changing.group;
    const sealedAgain = await sealShares(dealing, key, relayers);
    const fewer = { ...dealing, shares: signedOff.dealt.slice(0, 2) };
    const toFewer = await sealShares(fewer, key, relayers.slice(0, 2));
    const keyNaming = (shares: Uint8Array, change: Partial<SealedReKey> = {}) =>
      encodeSealedReKey({ ...key, shares: sha256(shares), ...change });
    checkSignedOff({ ...signedOff, shares: sealedAgain, sealedReKey: keyNaming(sealedAgain) }, expected);
    const wrong: [string, Partial<SignedOff>, Partial<typeof expected>][] = [
      ["another request's key", { sealedReKey: other.sealedReKey }, {}],
      ["another request's shares", { shares: other.shares }, {}],
      ["another request's dealing", { dealt: other.dealt }, {}],
      ["all of another request", other, {}],
      ["shares that the key does not name", { shares: sealedAgain }, {}],
      ["shares for fewer", { shares: toFewer, sealedReKey: keyNaming(toFewer) }, {}],
      ["a key for another threshold", { sealedReKey: keyNaming(signedOff.shares, { threshold: 3 }) }, {}],
      [
        "a key that commits to another partial",
        { sealedReKey: keyNaming(signedOff.shares, { digests: key.digests.toReversed() }) },
        {},
      ],
      ["another epoch", {}, { epoch: 4n }],
      ["another request", {}, { requestId: randomBytes(32) }],
      ["another threshold", {}, { threshold: 3 }],
      ["other relayers", {}, { indices: [1, 2, 5] }],
      ["another X", {}, { x: drawX() }],
      ["two shares swapped", { dealt: [{ ...second!, index: 1 }, { ...first!, index: 2 }, signedOff.dealt[2]!] }, {}],
      ["one share less", { dealt: signedOff.dealt.slice(1) }, {}],
      ["no element as a share", { dealt: [{ index: 1, share: x as never }, ...signedOff.dealt.slice(1)] }, {}],
      ["no object", { shares: new Uint8Array(3) }, {}],
      ["the shares as the key", { sealedReKey: signedOff.shares }, {}],
    ];
    for (const [what, change, changed] of wrong) {
      const check = () => checkSignedOff({ ...signedOff, ...change }, { ...expected, ...changed });
      refuses(check, "PRE_DEALING_INVALID", undefined, what);
    }
  });

  it("deals and signs off for the relayers of now alone, and once more when they have changed", async () => {
    const { changing, published } = await changingWorld("changing");
    const requestId = randomBytes(32);
    const { recordId } = published;
    const before = await proposed(changing, published, requestId);
    await refusesAsync(changing.firewall.dealX(recordId, requestId, 4n), "RELAYERS_CHANGED", "epoch 3");

    const source = sourcesOf(changing);
    const first = await changing.firewall.signOff(before);
    expect(parseSealedReKey(first.sealedReKey).epoch).to.equal(3n);
    await refusesAsync(changing.firewall.dealX(recordId, requestId, 3n), "PRE_REKEY_REFUSED", "signed off");

    const { relayers } = changing.group;
    Object.assign(changing.group, { epoch: 4n, threshold: 1, relayers: relayers.slice(1) });
    expect((await source.relayers()).epoch).to.equal(4n);
    await refusesAsync(changing.firewall.dealX(recordId, randomBytes(32), 3n), "RELAYERS_CHANGED", "epoch 4");
    const again = await changing.firewall.signOff(await proposed(changing, published, requestId));
    const key = parseSealedReKey(again.sealedReKey);
    expect([key.epoch, key.threshold, key.indices]).to.deep.equal([4n, 1, [2, 4]]);
    expect(key.C4, "on an X of its own").to.not.deep.equal(parseSealedReKey(first.sealedReKey).C4);
    await refusesAsync(changing.firewall.dealX(recordId, requestId, 4n), "PRE_REKEY_REFUSED", "signed off");
  });

  it("signs off nothing for relayers that changed after X was dealt", async () => {
    const { changing, published } = await changingWorld("changed between");
    const input = await proposed(changing, published, randomBytes(32));
    Object.assign(changing.group, { epoch: 4n });
    await refusesAsync(changing.firewall.signOff(input), "RELAYERS_CHANGED");
    await refusesAsync(changing.firewall.signOff({ ...input, epoch: 4n }), "PRE_REKEY_REFUSED", "dealX");
  });

  it("signs off nothing for a record of which another capsule is anchored than it re-randomised", async () => {
    const { changing, published } = await changingWorld("another capsule");
    const other = await publish(changing);
    const input = await proposed(changing, published, randomBytes(32));
    const key = bytesToHex(published.recordId);
    changing.anchored.set(key, other.ciphertext);
    await refusesAsync(changing.firewall.signOff(input), "PRE_REKEY_REFUSED", "anchored");
    changing.anchored.set(key, published.ciphertext);
    expect((await changing.firewall.signOff(input)).dealt).to.have.length(3);
  });

  it("deals and signs off nothing when it is not told where the relayers are", async () => {
    const options = { secrets: generateFirewallSecrets(), masterPublicKey: setupA().publicKey };
    const lone = new ReverseFirewall({ ...options, seenRecords: inMemorySeenRecords() });
    await refusesAsync(lone.dealX(randomBytes(32), randomBytes(32), 3n), "PRE_REKEY_REFUSED", "relayers' keys");
  });

  it("signs off one proposal of a request: then it deals no X for it and signs no other, and gives that answer again", async () => {
    const requestId = randomBytes(32);
    const { recordId } = record;
    const { firewall, group } = world;
    const input = await proposed(world, record, requestId);
    const outcomes = await Promise.allSettled([firewall.signOff(input), firewall.signOff(input)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(1);
    const given = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    const again = await firewall.signOff(input);
    expect(again).to.deep.equal(given[0]);
    for (const { share } of again.dealt) share.fill(0); // the firewall keeps its own
    expect(await firewall.signOff(input)).to.deep.equal(given[0]);
    await refusesAsync(firewall.dealX(recordId, requestId, group.epoch), "PRE_REKEY_REFUSED", "signed off");
    const { requester, proposal } = input;
    const others: Partial<typeof input>[] = [
      { proposal: { ...proposal, reKey: { ...proposal.reKey, rk2: requester.publicKey.V } } },
      { proposal: { ...proposal, witness: proposal.reKey.rk1 } },
      { requester: { ...requester, identity: randomBytes(32) } },
      { owner: { identity: randomBytes(32), scope: input.owner.scope } },
    ];
    for (const change of others) {
      await refusesAsync(firewall.signOff({ ...input, ...change }), "PRE_REKEY_REFUSED", "signed off");
    }
    await grant(world, record, randomBytes(32)); // other requests go on
  });

  it("signs off nothing for which it dealt no X", async () => {
    const input = { ...(await proposed(world, record, randomBytes(32))), requestId: randomBytes(32) };
    await refusesAsync(world.firewall.signOff(input), "PRE_REKEY_REFUSED", "dealX");
  });

  it("keeps X when sealing fails, so that the request can go on once the relayer has a right key", async () => {
    const { changing, published } = await changingWorld("no key");
    const input = await proposed(changing, published, randomBytes(32));
    const { relayers } = changing.group;
    const [first, ...rest] = relayers;
    Object.assign(changing.group, { relayers: [{ ...first!, sealingKey: new Uint8Array(1216).fill(0xff) }, ...rest] });
    await refusesAsync(changing.firewall.signOff(input), "SEALED_REKEY_INVALID", "relayer 1");
    Object.assign(changing.group, { relayers });
    expect((await changing.firewall.signOff(input)).dealt).to.have.length(3);
  });

  it("re-randomises one ciphertext of a record, and gives the same for it again", async () => {
    const firewall = firewallWith(inMemorySeenRecords());
    const owner = { identity: randomBytes(32), scope: randomBytes(32) };
    const sent = encrypt(randomMessage(), owner, firewall.publicKey);
    const first = await firewall.reRandomise(owner.scope, owner, sent);
    expect(await firewall.reRandomise(owner.scope, owner, sent)).to.deep.equal(first);
    const other = encrypt(randomMessage(), owner, firewall.publicKey);
    const another = { identity: randomBytes(32), scope: owner.scope };
    for (const [by, ciphertext] of [
      [owner, other],
      [another, sent],
      [owner, { ...sent, c2: other.c2 }],
    ] as const) {
      await refusesAsync(firewall.reRandomise(owner.scope, by, ciphertext), "FIREWALL_RECORD_SEEN");
    }
  });

  it("takes no second ciphertext of a record by way of what a device has it re-randomise as another record", async () => {
    const firewall = firewallWith(inMemorySeenRecords());
    const owner = { identity: randomBytes(32), scope: randomBytes(32) };
    const sent = () => encrypt(randomMessage(), owner, firewall.publicKey);
    await firewall.reRandomise(owner.scope, owner, sent());
    const second = sent();
    const part = (bytes: Uint8Array) => concatBytes(Uint8Array.of(0, 0, 0, bytes.length), bytes);
    const label = utf8ToBytes("medexchain/v1/firewall/re-randomised\0");
    const scoped = concatBytes(part(owner.identity), part(owner.scope));
    const planted = sha256(concatBytes(label, owner.scope, scoped, second.c1, second.c2));
    await firewall.reRandomise(planted, owner, sent());
    await refusesAsync(firewall.reRandomise(owner.scope, owner, second), "FIREWALL_RECORD_SEEN");
  });

  it("keeps answers of the latest sign-offs alone", async () => {
    const drawn = await makeWorld("answers");
    const master = setupA();
    const { publicKey: masterPublicKey } = master;
    const parts = { secrets: generateFirewallSecrets(), masterPublicKey, seenRecords: inMemorySeenRecords() };
    const firewall = new ReverseFirewall({ ...parts, sources: sourcesOf(drawn), maxAnswers: 2 });
    const ownerKey: World["ownerKey"] = (owner) => firewall.blindOwnerKey(keyGenDO(master.secretKey, owner), owner);
    const changing = { ...drawn, firewall, ownerKey };
    const published = await publish(changing);
    const inputs = [];
    for (let of = 0; of < 3; of += 1) inputs.push(await proposed(changing, published, randomBytes(32)));
    for (const input of inputs) await firewall.signOff(input);
    for (const input of inputs.slice(1)) expect((await firewall.signOff(input)).dealt).to.have.length(1);
    await refusesAsync(firewall.signOff(inputs[0]!), "PRE_REKEY_REFUSED", "signed off");
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
    const { recordId } = record;
    const { firewall } = world;
    const label = utf8ToBytes("medexchain/v2/firewall/sign-off\0");
    const epoch = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3);
    const pair = sha256(concatBytes(label, recordId, requestId, epoch));
    const thief = { identity: randomBytes(32), scope: pair };
    await firewall.reRandomise(pair, thief, encrypt(randomMessage(), thief, firewall.publicKey));
    expect((await firewall.signOff(await proposed(world, record, requestId))).dealt).to.have.length(1);
  });

  it("keeps so many dealt X and no more, the latest", async () => {
    const options = { secrets: generateFirewallSecrets(), masterPublicKey: setupA().publicKey, maxDealt: 3 };
    const sources = sourcesOf(world);
    const firewall = new ReverseFirewall({ ...options, seenRecords: inMemorySeenRecords(), sources });
    const deal = (byte: number) => firewall.dealX(record.recordId, new Uint8Array(32).fill(byte), world.group.epoch);
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
    await refusesAsync(firewall.dealX(randomBytes(32), randomBytes(32), 3n), "INPUT_INVALID", "disposed");
    refuses(() => firewall.blindOwnerKey(record.ownerKey, record.owner), "INPUT_INVALID", "disposed");
  });

  it("refuses ids that are not 32 bytes", async () => {
    const { firewall } = world;
    await refusesAsync(firewall.reRandomise(randomBytes(31), record.owner, record.sent), "INPUT_INVALID", "recordId");
    await refusesAsync(firewall.dealX(randomBytes(33), randomBytes(32), 3n), "INPUT_INVALID", "recordId");
    await refusesAsync(firewall.dealX(randomBytes(32), randomBytes(31), 3n), "INPUT_INVALID", "requestId");
    await refusesAsync(firewall.dealX(randomBytes(32), randomBytes(32), -1n), "INPUT_INVALID", "epoch");
  });
});

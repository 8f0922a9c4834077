import { DataOwner, type DataOwnerOptions, DataUser, Hospital, makeUserKeys } from "@medexchain/actors";
import { type Chain, connectChain, forEachContract, fromHex32, hex32 } from "@medexchain/chain";
import { generateFirewallSecrets, initCurve, inMemorySeenRecords, keyGenDU, ReverseFirewall } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";
import { failsWith } from "../../e2e/support.ts";
import { type RpcProxy, startRpcProxy } from "../../relayer/support/rpc-proxy.ts";

const ID = hex32(`0x${"11".repeat(32)}`);

/** What a call that ends before it does not come to. */
const never = <T extends object>(): T =>
  new Proxy({} as T, {
    get: (_target, name) => {
      throw new Error(`asked for ${String(name)}`);
    },
  });

describe("a device that is locked while it works", () => {
  let node: RpcProxy;
  let chain: Chain;
  let hospital: Hospital;
  let firewall: ReverseFirewall;

  before(async () => {
    await initCurve();
    node = await startRpcProxy("http://127.0.0.1:1");
    node.intercept = async (method) => ({ result: method === "eth_chainId" ? "0x7" : "0xfe" });
    const address = `0x${"77".repeat(20)}`;
    chain = await connectChain({ chainId: 7n, rpcUrl: node.url, ...forEachContract(() => address) });
    hospital = new Hospital({ pseudonym: "Hospital B", scheme: "clc", operator: Wallet.createRandom() });
    const { masterPublicKey } = hospital;
    firewall = new ReverseFirewall({
      secrets: generateFirewallSecrets(),
      masterPublicKey,
      seenRecords: inMemorySeenRecords(),
    });
  });
  after(async () => {
    chain.close();
    await node[Symbol.asyncDispose]();
  });

  const ownerWith = (parts: Partial<DataOwnerOptions> = {}): DataOwner =>
    new DataOwner({
      memberId: ID,
      account: Wallet.createRandom(),
      secret: randomBytes(32),
      chain,
      store: never(),
      tangle: never(),
      fragmentStore: never(),
      firewall,
      requestKey: never<() => never>(),
      ...parts,
    });

  it("derives no key from a patient's secret that is wiped", async () => {
    const owner = ownerWith();
    const derive = [
      () => owner.fragmentKeyOf(ID),
      () => owner.recordSecretOf(ID),
      () => owner.channelAuthorOf(ID).secretKey,
    ];
    for (const key of derive) expect(key()).to.have.length(32);
    owner[Symbol.dispose]();
    for (const key of derive) await failsWith("DEVICE_LOCKED", async () => key());
  });

  it("publishes nothing of a record that was waiting for the firewall", async () => {
    const owner = ownerWith({
      firewall: {
        publicKey: firewall.publicKey,
        dealX: (...given) => firewall.dealX(...given),
        signOff: (...given) => firewall.signOff(...given),
        async reRandomise(recordId, identity, ciphertext) {
          owner[Symbol.dispose]();
          return firewall.reRandomise(recordId, identity, ciphertext);
        },
      },
    });
    const document = new TextEncoder().encode('{"resourceType":"Patient","birthDate":"1970-01-01","gender":"other"}');
    await failsWith("DEVICE_LOCKED", () =>
      owner.publish({ document, privateSelectors: ["Patient.birthDate"], maxAccessCount: 1 }),
    );
  });

  it("publishes no key of a doctor's request that was waiting for the chain, and opens nothing", async () => {
    const identity = fromHex32(hospital.memberId("doctor"));
    const partial = firewall.blindPartialKey(hospital.issuePartialKey(identity), identity);
    const keys = await makeUserKeys(keyGenDU(partial, identity, firewall.publicKey));
    const account = Wallet.createRandom();
    const user = new DataUser({
      memberId: ID,
      account,
      keys,
      chain,
      ownerChain: chain,
      store: never(),
      tangle: never(),
    });
    node.intercept = async () => {
      user[Symbol.dispose]();
      return { result: { timestamp: "0x5" } };
    };
    await failsWith("DEVICE_LOCKED", () => user.request({ recordId: ID }));
    await failsWith("DEVICE_LOCKED", async () => user.open(ID));
  });
});

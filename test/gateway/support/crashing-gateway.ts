/**
 * A process with a gateway, guarded as `medex hospital serve` is, in which on SIGUSR2 a promise is rejected that nobody holds. Prints its
 * URL, events and end as lines of JSON. Argument: a chain's deployment.
 */
import { firewallSources, Hospital } from "@medexchain/actors";
import { connectChain, deploymentSchema } from "@medexchain/chain";
import { guardProcess } from "@medexchain/core/process-guard";
import { issueHere, startGateway } from "@medexchain/gateway";
import { createContentStore } from "@medexchain/ipfs";
import { generateFirewallSecrets, initCurve, inMemorySeenRecords, ReverseFirewall } from "@medexchain/pre";
import { randomBytes } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";

const print = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

await initCurve();
const chain = await connectChain(deploymentSchema.parse(JSON.parse(process.argv[2] ?? "")));
const hospital = new Hospital({ pseudonym: "Hospital A", scheme: "ibe", operator: Wallet.createRandom() });
const store = createContentStore({ url: "http://127.0.0.1:1" }); // nobody asks it
const firewall = new ReverseFirewall({
  secrets: generateFirewallSecrets(),
  masterPublicKey: hospital.masterPublicKey,
  seenRecords: inMemorySeenRecords(),
  sources: firewallSources(chain, store),
});
const gateway = await startGateway({
  hospital,
  firewall,
  issuer: issueHere({ hospital, publicKey: firewall.publicKey, chain, store }),
  chain,
  store,
  gatewaySeed: randomBytes(32),
  host: "127.0.0.1",
  port: 0,
  observer: print,
});
guardProcess({
  crashed: gateway.crashed,
  close: async () => {
    await gateway.close();
    chain.close();
    print({ closed: true });
  },
});
process.once("SIGUSR2", () => {
  void Promise.reject(new RangeError("nobody holds this"));
});
print({ url: gateway.url });

/** A hospital and its firewall as the two services that they are in earnest, on loopback. */
import type { Hospital } from "@medexchain/actors";
import type { Chain, Hex32 } from "@medexchain/chain";
import {
  connectGateway,
  type GatewayClient,
  linkHospital,
  startGateway,
  startHospitalService,
} from "@medexchain/gateway";
import type { ContentStore } from "@medexchain/ipfs";
import { type ReverseFirewall, systemRandom, X_WING_SEED_LENGTH, xWingPublicKey } from "@medexchain/pre";
import { type Signer, Wallet } from "ethers";

export interface SiteServices extends AsyncDisposable {
  /** Of the hospital, for its firewall. */
  readonly hospitalUrl: string;
  /** Of the firewall, for the hospital's members. */
  readonly firewallUrl: string;
  /** For the hospital's parameters. */
  readonly gatewayKey: Uint8Array;
  /** A member's view of the firewall, once the parameters are registered. */
  connect(memberId: Hex32, account: Signer): Promise<GatewayClient>;
}

/** Serves a site. The firewall knows of its hospital the id, the kind of keys, the address and the key. */
export async function serveSite(
  site: { readonly hospital: Hospital; readonly firewall: ReverseFirewall; readonly chain: Chain },
  store: ContentStore,
): Promise<SiteServices> {
  const { hospital, firewall, chain } = site;
  await using stack = new AsyncDisposableStack();
  const [serviceSeed, gatewaySeed] = [systemRandom(X_WING_SEED_LENGTH), systemRandom(X_WING_SEED_LENGTH)];
  const caller = Wallet.createRandom();
  const listen = { host: "127.0.0.1", port: 0 };
  const about = { hospital, publicKey: firewall.publicKey, chain, store };
  const service = stack.adopt(
    await startHospitalService({ ...about, serviceSeed, caller: caller.address, ...listen }),
    (running) => running.close(),
  );
  const { id, scheme } = hospital;
  const issuer = linkHospital({
    url: service.url,
    deployment: chain.deployment,
    hospitalId: id,
    hospitalKey: await xWingPublicKey(serviceSeed),
    caller,
  });
  const gateway = stack.adopt(
    await startGateway({ hospital: { id, scheme }, firewall, issuer, chain, store, gatewaySeed, ...listen }),
    (running) => running.close(),
  );
  const gatewayKey = await xWingPublicKey(gatewaySeed);
  const running = stack.move();
  return {
    hospitalUrl: service.url,
    firewallUrl: gateway.url,
    gatewayKey,
    connect: (memberId, account) =>
      connectGateway({ url: gateway.url, chain, store, hospitalId: id, memberId, account }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

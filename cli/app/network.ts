import { basicAuthorization, MedexError, parseServiceUrl } from "@medexchain/core";
import type { Config } from "../session/config.ts";

/** A service to which the app's server hands calls on. */
export interface Upstream {
  /** Without credentials. */
  readonly url: string;
  readonly authorization?: string;
}

/** What the app is served over: upstreams by their paths below the server's own address, and what the page is told. */
export interface AppNetwork {
  readonly chains: Readonly<Record<string, Upstream>>;
  readonly ipfs: Upstream;
  readonly tangle: Upstream;
  /** The hospitals' firewalls. */
  readonly gateways: Readonly<Record<string, Upstream>>;
  /** For the page: no URL, and nothing secret. */
  readonly facts: object;
}

/** @throws CONFIG_INVALID when the configuration lacks what an app needs */
export function appNetwork({ chains, ipfs, tangle, hospitals }: Config): AppNetwork {
  if (ipfs === undefined || tangle === undefined) {
    throw new MedexError("CONFIG_INVALID", "the app needs the sections ipfs and tangle of the configuration; add them");
  }
  const of = <T, U>(entries: Readonly<Record<string, T>>, make: (entry: T) => U | undefined): Record<string, U> =>
    Object.fromEntries(
      Object.entries(entries).flatMap(([name, entry]) => {
        const made = make(entry);
        return made === undefined ? [] : [[name, made]];
      }),
    );
  return {
    chains: of(chains, ({ deployment }) => upstream("chain", deployment.rpcUrl)),
    ipfs: upstream("IPFS", ipfs.url),
    tangle: upstream("Tangle", tangle.url),
    gateways: of(hospitals, ({ gateway }) => (gateway === undefined ? undefined : upstream("gateway", gateway))),
    facts: {
      chains: of(chains, ({ deployment: { rpcUrl: _, chainId, ...contracts }, fromBlock, studies }) => ({
        deployment: { chainId: String(chainId), ...contracts },
        fromBlock,
        ...(studies !== undefined && { studies }),
      })),
      hospitals: of(hospitals, ({ chain, gateway }) => (gateway === undefined ? undefined : { chain })),
    },
  };
}

function upstream(service: string, given: string): Upstream {
  const { url, credentials } = parseServiceUrl(service, given);
  return credentials === undefined ? { url } : { url, authorization: basicAuthorization(credentials) };
}

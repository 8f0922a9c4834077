import { join } from "node:path";
import { type Chain, connectChain, type Hex32, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { GatewayClient } from "@medexchain/gateway";
import type { ContentStore } from "@medexchain/ipfs";
import type { TangleClient } from "@medexchain/tangle";
import { type ContentsOf, listVaults, openVault, type VaultRole } from "@medexchain/vault";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import type { Context } from "../context.ts";
import { readPassphrase } from "../prompt/passphrase.ts";
import { type Config, hospitalEntry, readConfig } from "./config.ts";

/** The services that the configuration names, each loaded and connected when it is first needed: most commands need few. */
export interface Session extends AsyncDisposable {
  readonly config: Config;
  chain(name: string): Promise<Chain>;
  /** Every configured chain, by name. */
  chains(): Promise<ReadonlyMap<string, Chain>>;
  store(): Promise<ContentStore>;
  tangle(): Promise<TangleClient>;
}

export async function openSession({ configFile }: Pick<Context, "configFile">): Promise<Session> {
  const config = await readConfig(configFile);
  const stack = new AsyncDisposableStack();
  const chains = new Map<string, Promise<Chain>>();
  const connect = async (name: string): Promise<Chain> => {
    const entry = config.chains[name];
    if (entry === undefined)
      throw new MedexError("CONFIG_INVALID", `the configuration has no chain named ${name}; check the name, or add it`);
    return stack.adopt(await connectChain(entry.deployment), (chain) => chain.close());
  };
  const chain = (name: string): Promise<Chain> => {
    const known = chains.get(name) ?? connect(name);
    chains.set(name, known);
    return known;
  };
  let tangle: TangleClient | undefined;
  return {
    config,
    chain,
    chains: async () => {
      const names = Object.keys(config.chains);
      const connected = await Promise.all(names.map(chain));
      return new Map(connected.map((view, index) => [names[index] ?? "", view]));
    },
    store: async () => {
      const { createContentStore } = await import("@medexchain/ipfs");
      return createContentStore({ url: required(config.ipfs, "ipfs").url });
    },
    tangle: async () => {
      const { createTangleClient } = await import("@medexchain/tangle");
      tangle ??= stack.use(createTangleClient(required(config.tangle, "tangle")));
      return tangle;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function required<T>(section: T | undefined, name: string): T {
  if (section === undefined) throw new MedexError("CONFIG_INVALID", `the configuration has no section ${name}; add it`);
  return section;
}

/** The vault to act with: the named one, or the only one of the role. */
export async function chooseVault({ vaults, as }: Context, roles: readonly VaultRole[]): Promise<string> {
  if (as !== undefined) return as;
  const [first, ...others] = (await listVaults(vaults)).filter(({ role }) => roles.includes(role));
  const role = roles.join("'s or ");
  if (first === undefined) {
    throw new MedexError("VAULT_NOT_FOUND", `there is no ${role}'s vault in ${vaults}; create one, or give --home`);
  }
  if (others.length > 0) {
    const names = [first, ...others].map(({ name }) => name).join(", ");
    throw new MedexError("INPUT_INVALID", `there are several vaults: choose one with --as (${names})`);
  }
  return first.name;
}

export interface UnlockedVault<R extends VaultRole> {
  readonly name: string;
  readonly contents: ContentsOf<R>;
  readonly passphrase: string;
}

/** Opens the vault to act with. */
export async function unlock<R extends VaultRole>(context: Context, roles: readonly R[]): Promise<UnlockedVault<R>> {
  const name = await chooseVault(context, roles);
  const passphrase = await readPassphrase(context, `the vault ${name}`);
  const contents = await openVault(context.vaults, name, passphrase);
  if (!isOneOf(contents, roles)) {
    throw new MedexError(
      "INPUT_INVALID",
      `${name} is a ${contents.role}'s vault; this needs a ${roles.join("'s or ")}'s`,
    );
  }
  return { name, contents, passphrase };
}

function isOneOf<R extends VaultRole>(contents: { role: VaultRole }, roles: readonly R[]): contents is ContentsOf<R> {
  return (roles as readonly VaultRole[]).includes(contents.role); // includes wants the array's own type
}

export const walletOf = ({ accountKey }: { accountKey: Uint8Array }): Wallet =>
  new Wallet(`0x${bytesToHex(accountKey)}`);

/** A patient or doctor with a vault, at the hospital that it is a member of. */
export interface MemberSite {
  readonly memberId: Hex32;
  readonly hospitalId: Hex32;
  readonly account: Wallet;
  /** The hospital's, through the member's account. */
  readonly chain: Chain;
  readonly chainName: string;
  gateway(): Promise<GatewayClient>;
}

/** Places a member at its hospital. */
export async function placeMember(
  session: Session,
  contents: Pick<ContentsOf<"owner" | "doctor">, "accountKey" | "membership">,
): Promise<MemberSite> {
  const { membership } = contents;
  if (membership === undefined) {
    throw new MedexError(
      "INPUT_INVALID",
      "the owner of this vault is not a member of a hospital yet: run medex member join",
    );
  }
  const entry = hospitalEntry(session.config, membership.hospital);
  const account = walletOf(contents);
  const chain = (await session.chain(entry.chain)).as(account);
  const hospitalId = pseudonymHash(membership.hospital);
  const memberId = memberIdOf(hospitalId, pseudonymHash(membership.pseudonym));
  return {
    memberId,
    hospitalId,
    account,
    chain,
    chainName: entry.chain,
    gateway: async () => {
      if (entry.gateway === undefined) {
        throw new MedexError(
          "CONFIG_INVALID",
          `the configuration has no gateway for ${membership.hospital}: add it with medex hospital add`,
        );
      }
      const [{ connectGateway }, store] = await Promise.all([import("@medexchain/gateway"), session.store()]);
      return connectGateway({ url: entry.gateway, chain, store, hospitalId, memberId, account });
    },
  };
}

/** The block from which on a configured chain's logs are read. */
export const blockOf = ({ config }: Pick<Session, "config">, chainName: string): number =>
  config.chains[chainName]?.fromBlock ?? 0;

/** Where a vault's owner keeps its encrypted private fragments. */
export const fragmentFolder = ({ home }: Pick<Context, "home">, vault: string): string =>
  join(home, "fragments", vault);

/** Where a vault's owner keeps what it consented to. */
export const consentFolder = ({ home }: Pick<Context, "home">, vault: string): string => join(home, "consents", vault);

/** Where a firewall keeps the ids that it has let through. */
export const seenFolder = ({ home }: Pick<Context, "home">, vault: string): string => join(home, "firewalls", vault);

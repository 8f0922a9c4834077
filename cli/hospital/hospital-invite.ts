/**
 * The file with which a registrar invites a hospital. The hospital is registered already, with the invite's own key as its operator: who has the
 * file hands it over to an operator of their own, once, and nothing comes back to the registrar.
 */
import { ask, type Chain, pseudonymHash, toHex32, transact, ZERO_32 } from "@medexchain/chain";
import { type NetworkDescription, networkSchema } from "@medexchain/config";
import { encodeObject, MedexError } from "@medexchain/core";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Contract, type Signer, type TypedDataDomain, verifyTypedData, Wallet } from "ethers";
import { z } from "zod";

const name = z.string().min(1).max(256);

export const hospitalInviteSchema = z.strictObject({
  type: z.literal("medexchain/hospital-invite"),
  network: networkSchema,
  name,
  scheme: z.enum(["ibe", "clc"]),
  /** On which it enrols its members: a name of the network's chains. */
  chain: name,
  /** Secret: of the account that is the hospital's operator until the invite is used. */
  key: z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{64}$/)]),
  /** The registrar's. */
  signature: z.templateLiteral(["0x", z.string().regex(/^[0-9a-f]{130}$/)]),
});
export type HospitalInvite = z.infer<typeof hospitalInviteSchema>;

const TYPES = {
  HospitalInvite: [
    { type: "bytes32", name: "contents" },
    { type: "address", name: "key" },
  ],
};
const MANAGER = ["function hasRole(uint64 role, address account) view returns (bool isMember, uint32 delay)"];
/** Of the suite's manager, see deploy/roles.ts. */
const REGISTRAR = 1n;

/** Makes an invite with a key of its own. */
export async function createHospitalInvite(
  registrar: Signer,
  about: {
    readonly network: NetworkDescription;
    readonly name: string;
    readonly scheme: "ibe" | "clc";
    readonly chain: string;
  },
): Promise<HospitalInvite> {
  const key = Wallet.createRandom().privateKey as `0x${string}`; // of ethers
  const unsigned = { type: "medexchain/hospital-invite", ...about, key } as const;
  const { domain, message } = signedOf(unsigned);
  return { ...unsigned, signature: (await registrar.signTypedData(domain, TYPES, message)) as `0x${string}` }; // of ethers
}

/** What both sides compare by another way than that of the file. */
export function fingerprintOfInvite(invite: HospitalInvite): string {
  const digits = bytesToHex(sha256(encodeObject(signedOf(invite).message))).slice(0, 32);
  return (digits.match(/.{4}/g) ?? []).join(" ");
}

function signedOf({ type, network, name, scheme, chain, key }: Omit<HospitalInvite, "signature">) {
  const deployment = network.chains[chain]?.deployment;
  if (deployment === undefined) {
    throw new MedexError(
      "CONFIG_INVALID",
      `the invite names a chain ${chain} that it does not describe: get another one`,
    );
  }
  const domain: TypedDataDomain = {
    name: "MedExChain Invitation",
    version: "1",
    chainId: deployment.chainId,
    verifyingContract: deployment.hospitals,
  };
  const contents = toHex32(sha256(encodeObject({ type, network, name, scheme, chain })));
  return { domain, message: { contents, key: new Wallet(key).address } };
}

/**
 * That a registrar of the hospital's home chain signed the invite.
 *
 * @throws CERTIFICATE_INVALID
 */
export async function requireRegistrars(home: Chain, invite: HospitalInvite): Promise<void> {
  const { domain, message } = signedOf(invite);
  let signer: string | undefined;
  try {
    signer = verifyTypedData(domain, TYPES, message, invite.signature);
  } catch {
    signer = undefined; // malformed
  }
  const manager = new Contract(home.deployment.manager, MANAGER, home.provider);
  const [isRegistrar] =
    signer === undefined ? [false] : await ask(home, () => manager.getFunction("hasRole")(REGISTRAR, signer));
  if (isRegistrar !== true) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      "the invite is not signed by a registrar of its chain: do not trust it, and ask the registrar for another",
    );
  }
}

/**
 * Registers the invited hospital, with the invite's key as its operator, where it is not yet. Run again, it changes nothing.
 *
 * @param chain as the registrar
 * @returns the transaction; undefined where it was registered with this very invite
 * @throws INPUT_INVALID when it is registered with another operator
 */
export async function registerInvited(
  chain: Chain,
  invite: HospitalInvite,
  homeChainId: bigint,
  requestsPerHour: number,
): Promise<string | undefined> {
  const hospitalId = pseudonymHash(invite.name);
  const interim = new Wallet(invite.key).address;
  const { status, operator } = await ask(chain, () => chain.hospitals.hospital(hospitalId));
  if (status !== 0n && operator === interim) return undefined;
  if (status !== 0n) throw isRegistered(chain, invite.name);
  const send = () => chain.hospitals.registerHospital(hospitalId, homeChainId, interim, ZERO_32, requestsPerHour);
  return (await transact(chain, send)).hash;
}

const isRegistered = ({ deployment }: Chain, hospital: string): MedexError =>
  new MedexError(
    "INPUT_INVALID",
    `${hospital} is registered on chain ${deployment.chainId} already; its operator can change the rest`,
  );

/**
 * Hands an invited hospital over to its own operator, where that has not been done. Run again, it changes nothing.
 *
 * @throws CERTIFICATE_INVALID when somebody else has used the invite
 */
export async function takeHospitalOver(
  chain: Chain,
  invite: HospitalInvite,
  operator: string,
): Promise<string | undefined> {
  const hospitalId = pseudonymHash(invite.name);
  const interim = new Wallet(invite.key);
  const known = await ask(chain, () => chain.hospitals.hospital(hospitalId));
  if (known.operator === operator) return undefined;
  if (known.operator !== interim.address) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `the invite was used: on chain ${chain.deployment.chainId} the operator of ${invite.name} is ${known.operator}. If that is nobody of yours, tell the registrar at once`,
    );
  }
  const own = chain.as(interim);
  return (await transact(own, () => own.hospitals.rotateOperator(hospitalId, operator))).hash;
}

/** Gas of a transfer of ether. */
const TRANSFER_GAS = 21_000n;

/** Hands what the invite's account has on a chain to the operator: all but what that costs. */
export async function handOverEther(chain: Chain, { key }: HospitalInvite, operator: string): Promise<void> {
  const interim = new Wallet(key, chain.provider);
  const [balance, fees] = await ask(chain, () =>
    Promise.all([chain.provider.getBalance(interim), chain.provider.getFeeData()]),
  );
  const gasPrice = fees.maxFeePerGas ?? fees.gasPrice ?? 0n;
  const value = balance - gasPrice * TRANSFER_GAS;
  if (value <= 0n) return;
  await ask(chain, async () => {
    const sent = await interim.sendTransaction({ to: operator, value, gasLimit: TRANSFER_GAS, type: 0, gasPrice });
    await sent.wait();
  });
}

/** Gives the invite's account as much ether as it lacks. */
export async function giveEther(chain: Chain, from: Wallet, { key }: HospitalInvite, gwei: number): Promise<void> {
  const to = new Wallet(key).address;
  const value = BigInt(gwei) * 1_000_000_000n - (await ask(chain, () => chain.provider.getBalance(to)));
  if (value <= 0n) return;
  await ask(chain, async () => (await from.connect(chain.provider).sendTransaction({ to, value })).wait());
}

import { makeUserKeys, publishUserKeys } from "@medexchain/actors";
import {
  ask,
  type Chain,
  fromHex32,
  type Hex32,
  hex32,
  memberIdOf,
  pseudonymHash,
  transact,
  ZERO_32,
} from "@medexchain/chain";
import { displayText, MedexError } from "@medexchain/core";
import { checkG1, checkG2, initCurve, keyGenDU, X_WING_SEED_LENGTH, xWingPublicKey } from "@medexchain/pre";
import { type ContentsOf, saveVault } from "@medexchain/vault";
import { randomBytes } from "@noble/hashes/utils.js";
import { getAddress, isAddress } from "ethers";
import type { Context } from "../context.ts";
import { homeOf, operatorOf, setStanding } from "../hospital/operator.ts";
import { openHospital } from "../hospital/vaults.ts";
import { timeOf } from "../output/output.ts";
import { WrongUse } from "../output/wrong-use.ts";
import { hospitalEntry } from "../session/config.ts";
import { queryAll } from "../session/event-logs.ts";
import {
  type MemberSite,
  openSession,
  placeMember,
  type Session,
  type UnlockedVault,
  unlock,
  walletOf,
} from "../session/session.ts";
import {
  type MemberStanding,
  memberEnrolOutput,
  memberImportOutput,
  memberJoinOutput,
  memberShowOutput,
  memberStandingOutput,
} from "./outputs.ts";
import { rememberMember } from "./remember.ts";

const memberOf = (hospital: string, pseudonym: string): Hex32 =>
  memberIdOf(pseudonymHash(hospital), pseudonymHash(pseudonym));

/** `medex member enrol`. */
export async function enrolMember(
  context: Context,
  pseudonym: string,
  options: { readonly account: string; readonly days: number },
): Promise<void> {
  const { output } = context;
  if (!isAddress(options.account)) throw new WrongUse("--account must be an address: 0x and 40 hexadecimal digits");
  const vault = await unlock(context, ["hospital"]);
  const { contents } = vault;
  await using session = await openSession(context);
  await initCurve();
  const [, chain] = await homeOf(operatorOf(session, contents));
  using hospital = openHospital(contents);
  const memberId = hospital.memberId(pseudonym);
  const [known, block] = await Promise.all([
    ask(chain, () => chain.hospitals.member(memberId)),
    ask(chain, () => chain.provider.getBlock("latest")),
  ]);
  const notAfter = BigInt(block?.timestamp ?? 0) + BigInt(options.days) * 86_400n;
  // An owner's key is its identity; a doctor's is certified when the doctor has made it.
  const subject = {
    pseudonym,
    account: getAddress(options.account),
    keyDigest: ZERO_32,
    serial: known.serial + 1n,
    notAfter,
  };
  const [certificate, signature] = await hospital.certify(chain, subject);
  const { hash } = await transact(chain, () => chain.hospitals.enrolMember(certificate, signature));
  await rememberMember(context, vault, memberId, pseudonym);
  output.result(
    memberEnrolOutput,
    { memberId, account: subject.account, serial: subject.serial, notAfter, transactionHash: hash },
    () => {
      output.fact("member", memberId);
      output.fact("expires", timeOf(notAfter));
      output.fact("transaction", hash);
      output.note(`Tell the member to run: medex member join "${contents.pseudonym}" <pseudonym>`);
    },
  );
}

/** `medex member join`, of a hospital that has enrolled the vault's account. */
export async function joinHospital(context: Context, hospital: string, pseudonym: string): Promise<void> {
  const vault = await unlock(context, ["owner", "doctor"]);
  await using session = await openSession(context);
  const membership = { hospital, pseudonym };
  const site = await placeMember(session, { ...vault.contents, membership });
  const { account } = await ask(site.chain, () => site.chain.hospitals.activeMember(site.memberId));
  if (account !== site.account.address) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `${hospital} has not enrolled the account ${site.account.address} under this pseudonym; ask its operator`,
    );
  }
  await completeJoining(context, session, { vault, site, membership });
}

/** What a member does once the account is enrolled: a doctor's keys are made and certified, and the vault says where it belongs. */
export async function completeJoining(
  context: Context,
  session: Session,
  of: {
    readonly vault: UnlockedVault<"owner" | "doctor">;
    readonly site: MemberSite;
    readonly membership: { readonly hospital: string; readonly pseudonym: string };
  },
): Promise<void> {
  const { output } = context;
  const { vault, site, membership } = of;
  const { name, contents, passphrase } = vault;
  const { hospital, pseudonym } = membership;
  let joined: ContentsOf<"owner"> | ContentsOf<"doctor"> = { ...contents, membership };
  let hasNewKeys = false;
  if (joined.role === "doctor") {
    if (joined.keys === undefined || (await certifiedDigest(site.chain, site.memberId)) === ZERO_32) {
      hasNewKeys = joined.keys?.kem === undefined;
      const keys = joined.keys ?? (await makeKeys(context, site));
      // Keys that were made before there was one for X-Wing get one with their next certificate.
      joined = { ...joined, keys: { kem: { seed: randomBytes(X_WING_SEED_LENGTH) }, ...keys } };
      // The secret is kept before its public half is certified: a certified key without its secret could open nothing.
      await saveVault(context.vaults, name, joined, passphrase);
      await certifyKeys(session, site, pseudonym, joined);
    }
  }
  if (joined.role === "owner") await saveVault(context.vaults, name, joined, passphrase);
  output.result(
    memberJoinOutput,
    { memberId: site.memberId, hospital, chain: site.chainName, role: joined.role },
    () => {
      output.fact("member", site.memberId);
      output.fact("hospital", `${displayText(hospital)} on ${site.chainName}`);
      if (hasNewKeys) output.note("The vault has new keys: back it up with medex keys backup.");
    },
  );
}

type DoctorKeys = NonNullable<ContentsOf<"doctor">["keys"]>;

async function certifiedDigest(chain: Chain, memberId: Hex32): Promise<string> {
  return (await ask(chain, () => chain.hospitals.member(memberId))).keyDigest;
}

async function makeKeys({ output }: Context, site: MemberSite): Promise<DoctorKeys> {
  output.progress("making keys with the hospital");
  const gateway = await site.gateway();
  const identity = fromHex32(site.memberId);
  const { pre, bfv, kem } = await makeUserKeys(
    keyGenDU(await gateway.requestPartialKey(), identity, gateway.firewall.publicKey),
  );
  return { pre: { privateKey: pre.privateKey, ...pre.publicKey }, bfv, kem: { seed: kem.seed } };
}

async function certifyKeys(
  session: Session,
  site: MemberSite,
  pseudonym: string,
  { keys }: ContentsOf<"doctor">,
): Promise<void> {
  if (keys === undefined) return;
  const gateway = await site.gateway();
  const { V, U } = keys.pre;
  const publicKey = { V: checkG2(V, "V"), U: checkG1(U, "U") };
  const pre = { privateKey: checkG1(keys.pre.privateKey, "sk_DU"), publicKey };
  const kem = keys.kem && { ...keys.kem, publicKey: await xWingPublicKey(keys.kem.seed) };
  const digest = await publishUserKeys(await session.store(), { pre, bfv: keys.bfv, ...(kem && { kem }) });
  await gateway.certify(fromHex32(digest), fromHex32(pseudonymHash(pseudonym)));
}

/** `medex member import`. */
export async function importMember(
  context: Context,
  hospital: string,
  pseudonym: string,
  options: { readonly to: string },
): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["owner", "doctor", "hospital"]);
  await using session = await openSession(context);
  const memberId = memberOf(hospital, pseudonym);
  const home = hospitalEntry(session.config, hospital).chain;
  const from = await session.chain(home);
  const to = (await session.chain(options.to)).as(walletOf(contents));
  const { hospitals } = from;
  const logs = await queryAll(
    from,
    hospitals.filters.MemberEnrolled(memberId),
    session.config.chains[home]?.fromBlock ?? 0,
  );
  const latest = logs.at(-1);
  if (latest === undefined)
    throw new MedexError("CERTIFICATE_INVALID", `${hospital} has enrolled no such member on ${home}`);
  const { certificate, signature } = hospitals.interface.decodeEventLog("MemberEnrolled", latest.data, latest.topics);
  const { hash } = await transact(to, () => to.hospitals.importMember(certificate, signature));
  output.result(memberImportOutput, { memberId, chain: options.to, transactionHash: hash }, () => {
    output.line(`${memberId} is known on ${options.to} (${hash}).`);
  });
}

/** `medex member show`. */
export async function showMember(context: Context, hospital: string, pseudonym: string): Promise<void> {
  const { output } = context;
  await using session = await openSession(context);
  const memberId = memberOf(hospital, pseudonym);
  const standings = await Promise.all(
    [...(await session.chains())].map(([name, chain]) => standingOf(name, chain, memberId)),
  );
  output.result(memberShowOutput, { memberId, chains: standings }, () => {
    output.fact("member", memberId);
    for (const { chain, active, serial, notAfter, suspended } of standings) {
      const standing = active ? "active" : suspended ? "suspended" : "inactive";
      const detail =
        notAfter === undefined ? "not known" : `${standing}, serial ${serial}, expires ${timeOf(notAfter)}`;
      output.fact(chain, detail);
    }
  });
}

/** What one chain says of a member; without the certificate's facts where it has none. */
async function standingOf(name: string, chain: Chain, memberId: Hex32): Promise<MemberStanding> {
  const { hospitals } = chain;
  const [member, active] = await Promise.all([
    ask(chain, () => hospitals.member(memberId)),
    ask(chain, () => hospitals.activeMember(memberId)),
  ]);
  const known = member.serial !== 0n;
  const standing = { chain: name, known, active: BigInt(active.account) !== 0n };
  if (!known) return standing;
  const { account, serial, suspended, notAfter, keyDigest } = member;
  return { ...standing, account, serial, suspended, notAfter, keyDigest: hex32(keyDigest) };
}

/** `medex member suspend` and `reinstate`. */
export async function changeMember(context: Context, verb: "suspend" | "reinstate", pseudonym: string): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const memberId = memberOf(contents.pseudonym, pseudonym);
  const hash = await setStanding(operatorOf(session, contents), verb, memberId);
  output.result(memberStandingOutput, { memberId, verb, transactionHash: hash }, () =>
    output.line(`${verb}: ${memberId} (${hash})`),
  );
}

/** What a hospital's staff sees and does in the browser. The operator's key stays in this process. */
import { ask, chainTime, type Hex32, pseudonymHash, requestStateOf, stateAt } from "@medexchain/chain";
import { displayText, MedexError, parseServiceUrl, toJson } from "@medexchain/core";
import { invitationOf } from "@medexchain/gateway";
import type { NameStore } from "@medexchain/vault";
import { checkGateway, checkRelayer } from "../../check/services.ts";
import {
  type HospitalOperator,
  homeOf,
  type InviteTerms,
  makeInvite,
  setAccessLimit,
  setMemberLimit,
  setStanding,
} from "../../hospital/operator.ts";
import { putMember } from "../../member/remember.ts";
import { type Config, hospitalEntry } from "../../session/config.ts";
import { hospitalNames } from "../../session/hospital-names.ts";
import { followMembers } from "./members.ts";
import { followRequests, type Unsettled } from "./unsettled.ts";

export interface StaffSite extends Omit<HospitalOperator, "session"> {
  readonly session: HospitalOperator["session"] & { readonly config: Config };
  /** The hospital's own address book: who its members' ids are. */
  readonly names: NameStore;
}

/** Members and requests that are shown at once. */
const SHOWN = 100;

const HOSPITAL_STATUS = ["unregistered", "active", "suspended"] as const;

/** Whether a service works, and what it, or its error, says. */
export interface Health {
  readonly name: string;
  readonly isUp: boolean;
  readonly detail: string;
}

export type StaffDesk = Awaited<ReturnType<typeof openStaffDesk>>;

/** @throws CONFIG_INVALID, SERVICE_UNREACHABLE, CHAIN_MISMATCH */
export async function openStaffDesk(site: StaffSite) {
  const { session, pseudonym, scheme, names } = site;
  const { config } = session;
  const hospitalId = pseudonymHash(pseudonym);
  const [chainName, home] = await homeOf(site);
  const from = config.chains[chainName]?.fromBlock ?? 0;
  const members = followMembers(home, from, hospitalId);
  const requests = followRequests(home, from, members.has);
  const hospitals = hospitalNames(config);
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time: each transaction of the operator's account takes the next nonce. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.catch(() => {}).then(work);
    turn = mine;
    return mine;
  };

  async function labels(): Promise<ReadonlyMap<Hex32, string>> {
    const { names: known } = await names.list();
    return new Map(known.flatMap((name) => (name.kind === "person" ? [[name.id, displayText(name.pseudonym)]] : [])));
  }

  async function shown(request: Unsettled, people: ReadonlyMap<Hex32, string>) {
    const { requestId, direction, requester, owner } = request;
    const [{ state }, now, { hospitalId: of }] = await Promise.all([
      ask(home, async () =>
        direction === "in" ? await home.grants.grant(requestId) : await home.requests.status(requestId),
      ),
      chainTime(home),
      ask(home, () => home.hospitals.member(requester)),
    ]);
    return {
      ...request,
      state: stateAt(requestStateOf(state), BigInt(request.expiry), now),
      requesterName: people.get(requester),
      requesterHospital: hospitals.get(of as Hex32), // 32 bytes by the ABI
      ownerName: owner && people.get(owner),
    };
  }

  const health = async (name: string, check: () => Promise<string>): Promise<Health> => {
    try {
      return { name, isUp: true, detail: await check() };
    } catch (error) {
      if (!MedexError.is(error)) throw error;
      return { name, isUp: false, detail: error.message };
    }
  };

  return {
    pseudonym,
    /** The hospital's standing, its limits, and the requests that are on their way. */
    async overview() {
      await Promise.all([members.refresh(), requests.refresh()]);
      const people = await labels();
      const chains = await Promise.all(
        Object.keys(config.chains).map(async (name) => {
          const chain = await session.chain(name);
          const on = await ask(chain, () => chain.hospitals.hospital(hospitalId));
          return {
            chain: name,
            status: HOSPITAL_STATUS[Number(on.status)] ?? "unregistered",
            maxAccessCount: Number(on.maxAccessCount),
            maxRequestsPerHour: Number(on.maxRequestsPerHour),
            maxRequestsPerMember: Number(on.maxRequestsPerMember),
          };
        }),
      );
      const open = requests.list(await chainTime(home));
      return {
        hospital: pseudonym,
        hospitalId,
        scheme,
        home: chainName,
        chains,
        requestCount: open.length,
        requests: await Promise.all(open.slice(0, SHOWN).map((request) => shown(request, people))),
      };
    },
    /** Members whose name or id has a text in it, the latest first. */
    async members(find: string) {
      await members.refresh();
      const people = await labels();
      const wanted = find.trim().toLowerCase();
      const found = members
        .list()
        .filter((id) => id.includes(wanted) || (people.get(id)?.toLowerCase().includes(wanted) ?? false));
      return {
        count: found.length,
        members: await Promise.all(
          found.slice(0, SHOWN).map(async (id) => ({ ...(await members.facts(id)), name: people.get(id) })),
        ),
      };
    },
    /** Of the firewall, the hospital behind it, and relayers. */
    async health(): Promise<Health[]> {
      return Promise.all([
        health(pseudonym, () => checkGateway(config, pseudonym, hospitalEntry(config, pseudonym))),
        ...config.relayers.map(({ url }) => health(parseServiceUrl("relayer", url).url, () => checkRelayer(url))),
      ]);
    },
    /** Writes an invite: secret, for the member alone. */
    async invite(member: string, terms: InviteTerms) {
      const { invite, memberId } = await makeInvite(site, member, terms);
      await putMember(names, pseudonym, memberId, member);
      const { fingerprint } = invitationOf(invite);
      return {
        text: `${toJson(invite, { integer: Number })}\n`,
        memberId,
        fingerprint,
        role: invite.role,
        expiry: invite.expiry,
      };
    },
    /** @throws INPUT_INVALID when it is nobody's member id here */
    async setStanding(verb: "suspend" | "reinstate", id: Hex32): Promise<void> {
      await members.refresh();
      if (!members.has(id))
        throw new MedexError("INPUT_INVALID", `${pseudonym} has no member ${id}; read the list again`);
      await inTurn(() => setStanding(site, verb, id));
    },
    async setAccessLimit(count: number): Promise<void> {
      await inTurn(() => setAccessLimit(site, count));
    },
    async setMemberLimit(count: number): Promise<void> {
      await inTurn(() => setMemberLimit(site, count));
    },
  };
}

import { ask, type Chain, type Hex32, hex32 } from "@medexchain/chain";
import { follow } from "./follow.ts";

/** A member, as the hospital's chain has it. */
export interface MemberFacts {
  readonly id: Hex32;
  readonly account: string;
  readonly serial: number;
  /** When the certificate expires, Unix seconds. */
  readonly notAfter: number;
  readonly suspended: boolean;
  readonly active: boolean;
}

/** Whom the hospital ever enrolled on its chain, the latest first. */
export function followMembers(chain: Chain, from: number, hospitalId: Hex32) {
  const { hospitals, deployment } = chain;
  const events = [
    hospitals.interface.getEvent("MemberEnrolled").topicHash,
    hospitals.interface.getEvent("MemberAdopted").topicHash,
  ];
  const known = new Set<Hex32>();
  const refresh = follow(chain, from, { address: deployment.hospitals, topics: [events, null, hospitalId] }, (log) => {
    const id = hex32(log.topics[1] ?? "");
    known.delete(id);
    known.add(id);
  });
  return {
    refresh,
    has: (id: Hex32) => known.has(id),
    list: () => [...known].reverse(),
    facts: async (id: Hex32): Promise<MemberFacts> => {
      const [member, active] = await Promise.all([
        ask(chain, () => hospitals.member(id)),
        ask(chain, () => hospitals.activeMember(id)),
      ]);
      const { account, serial, notAfter, suspended } = member;
      return {
        id,
        account,
        serial: Number(serial),
        notAfter: Number(notAfter),
        suspended,
        active: BigInt(active.account) !== 0n,
      };
    },
  };
}

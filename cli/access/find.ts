/** Which request a person means. */
import { type ListedRequest, listDelivered, listFiled } from "@medexchain/actors";
import { type Hex32, hex32, type RequestState } from "@medexchain/chain";
import { isWholeId, type Nameable, resolveId } from "@medexchain/core";
import { type Names, recordNames } from "../session/names.ts";
import { blockOf, type MemberSite, type Session } from "../session/session.ts";
import { waitUntil } from "./wait-until.ts";

export interface FindOptions {
  /** Which requests can be meant, unless the whole id is given. */
  readonly where: (request: ListedRequest) => boolean;
  /** How long to wait for one, in seconds; 0 unless given. */
  readonly wait?: number;
  /** `latest` is taken only where there is one: nobody is there to see which it is. */
  readonly onlyOne?: boolean;
}

/** Which requests are in one of the states. */
export const inState =
  (...states: readonly RequestState[]) =>
  ({ state }: ListedRequest): boolean =>
    states.includes(state);

/** The request for one of the patient's records that is meant. It goes by the name of the record, or of who asks. */
export function findDeliveredRequest(
  session: Session,
  site: MemberSite,
  names: Names,
  reference: string,
  options: FindOptions,
): Promise<Hex32> {
  const list = () => listDelivered(site.chain, site.memberId, blockOf(session, site.chainName));
  return find(list, names, reference, options);
}

/** The doctor's request that is meant. It goes by the name of the record. */
export function findFiledRequest(
  session: Session,
  site: MemberSite,
  names: Names,
  reference: string,
  options: FindOptions,
): Promise<Hex32> {
  const list = () => listFiled(site.chain, site.memberId, blockOf(session, site.chainName));
  return find(list, names, reference, options);
}

async function find(
  list: () => Promise<ListedRequest[]>,
  names: Names,
  reference: string,
  { where, wait = 0, onlyOne = false }: FindOptions,
): Promise<Hex32> {
  if (isWholeId(reference)) return hex32(reference);
  const look = async () => (await list()).filter(where).map(nameableBy(names));
  let among = await look();
  if (among.length === 0) {
    await waitUntil(wait, async () => {
      among = await look();
      return among.length > 0;
    });
  }
  return resolveId("request", reference, among, { onlyOne });
}

const nameableBy =
  (names: Names) =>
  ({ requestId, recordId, requester }: ListedRequest): Nameable => {
    const person = names.people.get(requester);
    const ofRecord = recordNames(names, recordId);
    return { id: requestId, names: person === undefined ? ofRecord : [...ofRecord, person.label, person.pseudonym] };
  };

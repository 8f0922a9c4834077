/** The people of every test: who they are, before any key of theirs is made and on any chain. */
import { type Hex32, memberIdOf, pseudonymHash } from "@medexchain/chain";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Wallet } from "ethers";
import { type Draw, drawFor } from "./seed.ts";

export interface HospitalPerson {
  readonly pseudonym: string;
  readonly id: Hex32;
  /** Signs certificates and sets limits. */
  readonly operator: Wallet;
}

export interface MemberPerson {
  readonly pseudonym: string;
  readonly hospitalId: Hex32;
  readonly memberId: Hex32;
  readonly account: Wallet;
}

/** Hospital A's patient, whose records the doctors of Hospital B ask for. */
export interface People {
  readonly hospitalA: HospitalPerson;
  readonly hospitalB: HospitalPerson;
  readonly patient: MemberPerson;
  readonly doctor: MemberPerson;
  /** Another doctor of Hospital B. */
  readonly colleague: MemberPerson;
  readonly relayers: readonly [Wallet, Wallet, Wallet];
  /** Nobody's member, with an account. */
  readonly stranger: Wallet;
}

/** Draws an account. */
export const drawAccount = (draw: Draw, name: string): Wallet =>
  new Wallet(`0x${bytesToHex(draw(`account of ${name}`)(32))}`);

/** Draws the people of a world. */
export function drawPeople(draw: Draw): People {
  const pseudonymOf = (name: string) => `${name} ${bytesToHex(draw(`pseudonym of ${name}`)(4))}`;
  const hospital = (name: string): HospitalPerson => {
    const pseudonym = pseudonymOf(name);
    return { pseudonym, id: pseudonymHash(pseudonym), operator: drawAccount(draw, name) };
  };
  const member = (name: string, { id }: HospitalPerson): MemberPerson => {
    const pseudonym = pseudonymOf(name);
    const memberId = memberIdOf(id, pseudonymHash(pseudonym));
    return { pseudonym, hospitalId: id, memberId, account: drawAccount(draw, name) };
  };
  const [hospitalA, hospitalB] = [hospital("Hospital A"), hospital("Hospital B")];
  return {
    hospitalA,
    hospitalB,
    patient: member("patient", hospitalA),
    doctor: member("doctor", hospitalB),
    colleague: member("colleague", hospitalB),
    relayers: [drawAccount(draw, "relayer 1"), drawAccount(draw, "relayer 2"), drawAccount(draw, "relayer 3")],
    stranger: drawAccount(draw, "stranger"),
  };
}

/** The people of the worlds that have no name of their own. */
export const PEOPLE: People = drawPeople(drawFor("world"));

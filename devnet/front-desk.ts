/** Hospitals of a development network that enrol whoever asks: what a front desk does once it has seen a person. */
import { ask, ZERO_32 } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { type Cast, enrol } from "./cast.ts";
import { fund } from "./funding.ts";

/** Has `hospital` enrol an account under a pseudonym that nobody has there, and gives it ether. One at a time. */
export function frontDeskOf({ hospitalA, hospitalB }: Pick<Cast, "hospitalA" | "hospitalB">) {
  let turn: Promise<unknown> = Promise.resolve();
  return (enrolment: {
    readonly hospital: string;
    readonly pseudonym: string;
    readonly account: string;
  }): Promise<void> => {
    const mine = turn.then(async () => {
      const { hospital: name, pseudonym, account } = enrolment;
      const site = [hospitalA, hospitalB].find((each) => each.name === name);
      if (site === undefined) throw new MedexError("INPUT_INVALID", `there is no hospital named "${name}" here`);
      const { chain, hospital } = site;
      const { serial } = await ask(chain, () => chain.hospitals.member(hospital.memberId(pseudonym)));
      if (serial !== 0n) throw new MedexError("INPUT_INVALID", `${name} has a member of that name; choose another`);
      await fund(chain.deployment, account);
      await enrol(site, pseudonym, account, ZERO_32);
    });
    turn = mine.catch(() => undefined); // who asked is told; the next one has a turn all the same
    return mine;
  };
}

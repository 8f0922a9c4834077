/**
 * Who the validators are, from those of the configuration on, by the headers' own lists: as `QbftClient` has it on chain. A header counts if
 * two thirds of its own list sealed it, and, where that list is another than the one trusted so far, more than a third of the trusted
 * ones are among those who did: at least one of them is honest, and seals no list that the chain did not agree on.
 */
import { qbftQuorum } from "@medexchain/evm";
import type { Contradiction } from "./contradiction.ts";
import type { Signers } from "./seal-signers.ts";
import type { SealedHeader } from "./sealed-header.ts";

/** The validators that were the chain's at a block. In lower case. */
export interface Trusted {
  readonly block: number;
  readonly validators: readonly string[];
}

export interface ValidatorWalk {
  trusted(): Trusted;
  /**
   * Takes a header later than all before, with whose its seals are. Where the validators changed too much since the last one, it looks
   * for the changes in between.
   *
   * @returns what is wrong; the header is proven where nothing is
   */
  accept(header: SealedHeader, signers: Signers): Promise<Contradiction | undefined>;
}

/** @param between a header of a block that nothing was told of, with whose its seals are */
export function validatorWalk(
  from: Trusted,
  between: (block: number) => Promise<readonly [SealedHeader, Signers] | Contradiction>,
): ValidatorWalk {
  let trusted = from;
  const accept: ValidatorWalk["accept"] = async (header, signers) => {
    const { validators, height } = header;
    const unsealed = (message: string, expected: string, found: string): Contradiction => ({
      code: "HEADER_UNSEALED",
      block: height,
      message,
      expected,
      found,
    });
    const own = new Set(validators);
    const sealers = new Set(signers.filter((each) => each !== undefined && own.has(each)));
    const quorum = qbftQuorum(validators.length);
    if (own.size === 0 || own.size !== validators.length)
      return unsealed("a header names no validators, or one twice", "its validators", validators.join(" "));
    if (sealers.size < quorum)
      return unsealed("too few of its own validators sealed a header", `${quorum} of ${own.size}`, `${sealers.size}`);
    const known = trusted.validators.filter((each) => own.has(each));
    if (known.length !== own.size || known.length !== trusted.validators.length) {
      const vouching = trusted.validators.filter((each) => sealers.has(each)).length;
      if (3 * vouching <= trusted.validators.length) {
        const distance = height - trusted.block;
        if (distance <= 1) {
          const message = "a header is sealed by validators for whom those before them do not vouch";
          return unsealed(message, `more than a third of ${trusted.validators.join(" ")}`, [...sealers].join(" "));
        }
        const middle = await between(trusted.block + Math.floor(distance / 2));
        if ("code" in middle) return middle;
        return (await accept(...middle)) ?? (await accept(header, signers));
      }
    }
    trusted = { block: height, validators };
    return undefined;
  };
  return { trusted: () => trusted, accept };
}

import type { ContractMutation } from "./mutation.ts";
import { AGGREGATES } from "./mutations/aggregates.ts";
import { CONSENTS } from "./mutations/consents.ts";
import { CORRECTIONS } from "./mutations/corrections.ts";
import { GRANTS } from "./mutations/grants.ts";
import { LEDGER } from "./mutations/ledger.ts";
import { PROOFS } from "./mutations/proofs.ts";
import { REGISTRIES } from "./mutations/registries.ts";
import { RELAYERS } from "./mutations/relayers.ts";
import { REQUESTS } from "./mutations/requests.ts";
import { SHARED } from "./mutations/shared.ts";
import { STUDIES } from "./mutations/studies.ts";
import { SUCCESSION } from "./mutations/succession.ts";

/** In the order in which they are tried. A piece of text is as short as tells it from the rest of its file. */
export const MUTATIONS: readonly ContractMutation[] = [
  ...SHARED,
  ...LEDGER,
  ...REQUESTS,
  ...GRANTS,
  ...REGISTRIES,
  ...RELAYERS,
  ...AGGREGATES,
  ...SUCCESSION,
  ...CONSENTS,
  ...CORRECTIONS,
  ...PROOFS,
  ...STUDIES,
];

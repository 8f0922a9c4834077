/** The enums of the contracts, by name. */
import {
  ACKNOWLEDGEMENTS,
  type Acknowledgement,
  DECISIONS,
  type Decision,
  REQUEST_STATES,
  type RequestState,
} from "@medexchain/contracts";

export { ACKNOWLEDGEMENTS, type Acknowledgement, DECISIONS, type Decision, REQUEST_STATES, type RequestState };

/** The decision's name. Throws a RangeError on a number that is no decision: another contract version. */
export const decisionOf = (value: bigint): Decision => nameOf(DECISIONS, value);

/** The state's name. Throws a RangeError as above. */
export const requestStateOf = (value: bigint): RequestState => nameOf(REQUEST_STATES, value);

/** The acknowledgement's name. Throws a RangeError as above. */
export const acknowledgementOf = (value: bigint): Acknowledgement => nameOf(ACKNOWLEDGEMENTS, value);

function nameOf<T extends string>(names: readonly T[], value: bigint): T {
  const name = names[Number(value)];
  if (name === undefined) throw new RangeError(`no such enum value: ${value}`);
  return name;
}

/** The enums of `contracts/types/Access.sol`, in their order. */

export const DECISIONS = [
  "None",
  "Granted",
  "DeniedByOwner",
  "HospitalLimitReached",
  "RecordLimitReached",
  "RecordUnknown",
  "RecordRevoked",
  "RequesterInactive",
  "Expired",
] as const;
export type Decision = (typeof DECISIONS)[number];

export const REQUEST_STATES = ["None", "Pending", "Authorized", "Granted", "Denied", "Refused", "Expired"] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export const ACKNOWLEDGEMENTS = ["None", "Opened", "Disputed"] as const;
export type Acknowledgement = (typeof ACKNOWLEDGEMENTS)[number];

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

/** The enums of the contracts, as the numbers that calls and events carry. */
export const HospitalStatus = { Unregistered: 0n, Active: 1n, Suspended: 2n } as const;
export const RecordStatus = { None: 0n, Active: 1n, Revoked: 2n } as const;
export const RequestState = {
  None: 0n,
  Pending: 1n,
  Authorized: 2n,
  Granted: 3n,
  Denied: 4n,
  Refused: 5n,
  Expired: 6n,
} as const;
export const Decision = {
  None: 0n,
  Granted: 1n,
  DeniedByOwner: 2n,
  HospitalLimitReached: 3n,
  RecordLimitReached: 4n,
  RecordUnknown: 5n,
  RecordRevoked: 6n,
  RequesterInactive: 7n,
  Expired: 8n,
  OwnerInactive: 9n,
  Withdrawn: 10n,
} as const;
export const Acknowledgement = { None: 0n, Opened: 1n, Disputed: 2n } as const;

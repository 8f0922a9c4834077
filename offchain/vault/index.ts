/** Each actor's secrets, in one file encrypted under a passphrase; and backups of it with what belongs to it. */
export { openBackup, writeBackup } from "./backup.ts";
export type { Backup, BackupFragment, OpenedBackup } from "./backup-contents.ts";
export { type ContentsOf, gatewaySeedOf, VAULT_ROLES, type VaultContents, type VaultRole } from "./contents.ts";
export { MIN_PASSPHRASE_LENGTH } from "./envelope.ts";
export { type NameStore, openNameStore } from "./name-store.ts";
export {
  keptText,
  labelFrom,
  MAX_LABEL,
  MAX_PLACES,
  type Name,
  type PersonName,
  parseLabel,
  type RecordName,
} from "./names.ts";
export {
  changePassphrase,
  createVault,
  listVaults,
  openVault,
  requireNewVault,
  saveVault,
  type VaultSummary,
} from "./vault.ts";

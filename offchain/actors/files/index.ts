/** What patients' devices and firewalls keep, in files: for Node alone. */
export { type ConsentStore, openConsentStore } from "./consent-store.ts";
export { openFragmentStore } from "./fragment-store.ts";
export { listSeenRecords, openSeenRecords } from "./seen-records.ts";

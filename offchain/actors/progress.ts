/** How far a long act has come. */
export interface Progress {
  /** What is being done: a private part encrypted for a doctor, or put where the doctor fetches it; a granted record opened. */
  readonly step: "encrypting" | "storing" | "opening";
  readonly unit: "bytes" | "pieces";
  readonly done: number;
  readonly total: number;
}

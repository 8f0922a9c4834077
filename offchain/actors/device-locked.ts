import { MedexError } from "@medexchain/core";

/** Of a device whose secrets were wiped while a call still ran, or before it began. */
export const deviceLocked = (): MedexError =>
  new MedexError("DEVICE_LOCKED", "the device was locked and its secrets are wiped: unlock it, and begin again");

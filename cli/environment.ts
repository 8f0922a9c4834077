/** The environment variables that `medex` knows. Nothing else in the CLI reads the environment, but `deploy` for its own key. */
import { homedir } from "node:os";
import { join } from "node:path";

export const VARIABLES = {
  home: "MEDEX_HOME",
  passphrase: "MEDEX_PASSPHRASE",
  registrarKey: "MEDEX_REGISTRAR_KEY",
} as const;

/** The state folder unless `--home` names one. */
export const defaultHome = (): string => process.env[VARIABLES.home] ?? join(homedir(), ".medex");

/** The passphrase, where a program rather than a person calls. */
export const passphraseVariable = (): string | undefined => process.env[VARIABLES.passphrase];

/** The private key of a chain's registrar. */
export const registrarKeyVariable = (): string | undefined => process.env[VARIABLES.registrarKey];

/** The environment variables that `medex` knows. Nothing else in the CLI reads the environment. */
import { homedir } from "node:os";
import { join } from "node:path";

export const VARIABLES = {
  home: "MEDEX_HOME",
  configuration: "MEDEX_CONFIGURATION",
  passphrase: "MEDEX_PASSPHRASE",
  passphraseFile: "MEDEX_PASSPHRASE_FILE",
  registrarKey: "MEDEX_REGISTRAR_KEY",
  databaseUrl: "DATABASE_URL",
} as const;

/** The state folder unless `--home` names one. */
export const defaultHome = (): string => process.env[VARIABLES.home] ?? join(homedir(), ".medex");

/** The configuration unless `--configuration` names one. */
export const configurationVariable = (): string | undefined => process.env[VARIABLES.configuration];

/** The passphrase, where a program rather than a person calls. */
export const passphraseVariable = (): string | undefined => process.env[VARIABLES.passphrase];

/** The passphrase's file unless `--passphrase-file` names one. */
export const passphraseFileVariable = (): string | undefined => process.env[VARIABLES.passphraseFile];

/** The private key of a chain's registrar. */
export const registrarKeyVariable = (): string | undefined => process.env[VARIABLES.registrarKey];

/** A PostgreSQL server in place of an embedded database. */
export const databaseUrlVariable = (): string | undefined => process.env[VARIABLES.databaseUrl];

/** All of it, for `deploy/` and `relayer/`, which name the variables of their own secrets and are handed them. */
export const environment = (): Readonly<NodeJS.ProcessEnv> => process.env;

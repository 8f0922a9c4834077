import { ask, type Chain, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import type { Context } from "../context.ts";
import { openSession } from "../session/session.ts";
import { hospitalRegisterOutput } from "./outputs.ts";
import { type Registration, readRegistrar, readRegistration } from "./registration.ts";

export interface RegisterOptions {
  readonly chain?: readonly string[];
  readonly registrarKeyFile?: string;
  readonly requestsPerHour: number;
}

/** `medex hospital register`. Run again, it changes nothing. */
export async function registerHospital(context: Context, file: string, options: RegisterOptions): Promise<void> {
  const { output } = context;
  const registration = await readRegistration(file);
  const registrar = await readRegistrar(options.registrarKeyFile);
  await using session = await openSession(context);
  const done: { chain: string; transactionHash: string | null }[] = [];
  for (const name of options.chain ?? Object.keys(session.config.chains)) {
    output.progress(`registering on ${name}`);
    const chain = (await session.chain(name)).as(registrar);
    done.push({ chain: name, transactionHash: await register(chain, registration, options.requestsPerHour) });
  }
  output.result(hospitalRegisterOutput, { hospitalId: registration.hospitalId, registered: done }, () => {
    for (const { chain, transactionHash } of done) output.fact(chain, transactionHash ?? "is registered already");
  });
}

async function register(chain: Chain, registration: Registration, requestsPerHour: number): Promise<string | null> {
  const { hospitalId, homeChainId, operator, parameters } = registration;
  const known = await ask(chain, () => chain.hospitals.hospital(hospitalId));
  if (known.status === 0n) {
    const send = () => chain.hospitals.registerHospital(hospitalId, homeChainId, operator, parameters, requestsPerHour);
    return (await transact(chain, send)).hash;
  }
  if (
    known.operator === operator &&
    known.parametersDigest === parameters &&
    known.homeChainId === BigInt(homeChainId)
  ) {
    return null;
  }
  throw new MedexError(
    "INPUT_INVALID",
    `chain ${chain.deployment.chainId} has hospital ${hospitalId} registered with another operator or other parameters; its operator can change them`,
  );
}

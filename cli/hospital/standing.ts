import { pseudonymHash, transact } from "@medexchain/chain";
import type { Context } from "../context.ts";
import { openSession, unlock } from "../session/session.ts";
import { operatorOf, setAccessLimit, setMemberLimit } from "./operator.ts";
import { hospitalLimitOutput, hospitalMemberLimitOutput, hospitalStandingOutput } from "./outputs.ts";
import type { RegisterOptions } from "./register.ts";
import { readRegistrar } from "./registration.ts";

/** `medex hospital limit`. */
export async function limitHospital(context: Context, count: number): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const hospitalId = pseudonymHash(contents.pseudonym);
  const { chain: name, hash } = await setAccessLimit(operatorOf(session, contents), count);
  output.result(hospitalLimitOutput, { hospitalId, chain: name, maxAccessCount: count, transactionHash: hash }, () => {
    output.line(
      `One requester can be granted ${count} accesses to ${contents.pseudonym}'s records (${name}, ${hash}).`,
    );
  });
}

/** `medex hospital member-limit`. */
export async function limitMembers(
  context: Context,
  count: number,
  options: { readonly chain?: readonly string[] },
): Promise<void> {
  const { output } = context;
  const { contents } = await unlock(context, ["hospital"]);
  await using session = await openSession(context);
  const hospitalId = pseudonymHash(contents.pseudonym);
  const chains = await setMemberLimit(operatorOf(session, contents), count, options.chain);
  output.result(hospitalMemberLimitOutput, { hospitalId, maxRequestsPerMember: count, chains }, () => {
    for (const { chain, transactionHash } of chains) output.fact(chain, `set in ${transactionHash}`);
  });
}

/** `medex hospital suspend` and `reinstate`. */
export async function changeHospital(
  context: Context,
  verb: "suspend" | "reinstate",
  name: string,
  options: RegisterOptions,
): Promise<void> {
  const { output } = context;
  const registrar = await readRegistrar(options.registrarKeyFile);
  await using session = await openSession(context);
  const hospitalId = pseudonymHash(name);
  const done: { chain: string; transactionHash: string }[] = [];
  for (const chainName of options.chain ?? Object.keys(session.config.chains)) {
    const chain = (await session.chain(chainName)).as(registrar);
    const { hospitals } = chain;
    const send = () =>
      verb === "suspend" ? hospitals.suspendHospital(hospitalId) : hospitals.reinstateHospital(hospitalId);
    done.push({ chain: chainName, transactionHash: (await transact(chain, send)).hash });
  }
  output.result(
    hospitalStandingOutput,
    { hospitalId, ...(verb === "suspend" ? { suspend: done } : { reinstate: done }) },
    () => {
      for (const { chain, transactionHash } of done)
        output.fact(chain, `${verb === "suspend" ? "suspended" : "reinstated"} in ${transactionHash}`);
    },
  );
}

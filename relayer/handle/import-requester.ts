import { type Chain, chainLogRanges, type Hex32 } from "@medexchain/chain";
import type { MemberCertificateStruct } from "@medexchain/contracts";
import { MedexError } from "@medexchain/core";
import { startPace } from "@medexchain/evm";
import { ZeroAddress } from "ethers";
import type { RelayChain } from "../chains/relay-chain.ts";
import { memberOf, recentMemberOf } from "../rpc/views.ts";

interface ImportInput {
  readonly source: RelayChain;
  readonly destination: Pick<RelayChain, "chain" | "submitter">;
  readonly requester: Hex32;
  /** For whose sake, for the history. */
  readonly requestId: Hex32;
}

type EnrolledCertificate = [certificate: MemberCertificateStruct, signature: string];

/**
 * Makes the requester's latest certificate known on the owner's chain, if it is not: taken from the `MemberEnrolled` event of its
 * home chain. The registry checks it there.
 *
 * @param imports those that are under way: many requests of one doctor need one import
 * @throws CERTIFICATE_INVALID when the home chain has revoked them all; SERVICE_PROTOCOL when the node of the home chain does not have the event, and what `submit` throws
 */
export async function importRequester(
  imports: Map<string, Promise<void>>,
  { source, destination, requester, requestId }: ImportInput,
): Promise<void> {
  const { chain, submitter } = destination;
  const serialOn = async (where: Chain): Promise<bigint> => (await memberOf(where, requester)).serial;
  const [{ serial, account }, there] = await Promise.all([
    recentMemberOf(source.chain, requester),
    recentMemberOf(chain, requester),
  ]);
  const isDone = async () => (await serialOn(chain)) >= serial;
  if (there.serial >= serial || (await isDone())) return;

  if (account === ZeroAddress) {
    throw new MedexError(
      "CERTIFICATE_INVALID",
      `chain ${source.chain.deployment.chainId}: the hospital of member ${requester} has revoked every certificate up to serial ${serial}; it must enrol the member again, who then makes a new request`,
    );
  }
  const key = `${chain.deployment.chainId} ${requester} ${serial}`;
  const underWay = imports.get(key);
  if (underWay) return underWay;
  const importing = (async () => {
    const [certificate, signature] = await findCertificate(source, requester, serial);
    await submitter.submit({
      requestId,
      action: "importMember",
      to: chain.deployment.hospitals,
      data: () => chain.hospitals.interface.encodeFunctionData("importMember", [certificate, signature]),
      isDone,
    });
  })().finally(() => imports.delete(key));
  imports.set(key, importing);
  return importing;
}

/** Looks for the certificate from the latest block backwards: a renewal is what brings us here most often. */
async function findCertificate(
  { chain, config }: RelayChain,
  member: Hex32,
  serial: bigint,
): Promise<EnrolledCertificate> {
  const { hospitals } = chain;
  const filter = hospitals.filters.MemberEnrolled(member);
  const ranges = chainLogRanges(chain, (from, to) => hospitals.queryFilter(filter, from, to), {
    from: config.fromBlock,
    pace: startPace(config.maxBlockRange),
    latestFirst: true,
  });
  for await (const { logs } of ranges) {
    const match = logs.find(({ args }) => args.certificate.serial === serial);
    if (match) return [match.args.certificate, match.args.signature];
  }
  throw new MedexError(
    "SERVICE_PROTOCOL",
    `chain ${chain.deployment.chainId}: the node shows no MemberEnrolled event of member ${member} since block ${config.fromBlock}; check that it keeps its logs`,
  );
}

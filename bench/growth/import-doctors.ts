import { type Chain, chainLogs, type MemberCertificate, transact } from "@medexchain/chain";
import type { Result } from "ethers";
import { developmentAccount } from "../../devnet/chains.ts";

/** Imports every member of one chain into the other, as relayers do when a member's first request comes. */
export async function importDoctors(from: Chain, to: Chain): Promise<void> {
  const { hospitals } = to.as(developmentAccount(0));
  const enrolled = from.hospitals.filters.MemberEnrolled();
  const logs = await chainLogs(from, (first, last) => from.hospitals.queryFilter(enrolled, first, last), { from: 0 });
  for (const { args } of logs) {
    // Typed as a struct, is a Result, which ethers does not take back.
    const certificate = (args.certificate as unknown as Result).toObject() as unknown as MemberCertificate;
    await transact(to, () => hospitals.importMember(certificate, args.signature));
  }
}

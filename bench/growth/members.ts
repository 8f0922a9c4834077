import { ask, type Hex32, memberIdOf, transact } from "@medexchain/chain";
import { Wallet } from "ethers";
import type { Load } from "../e2e/load.ts";
import { GAS, impersonate, sendFrom } from "./fill-chain.ts";
import { BATCH, type Cost, drawHex, grow, pick, type Subject } from "./grow.ts";

const YEAR = 365n * 24n * 3_600n;
/** The first request of each of a load's doctors costs more. */
const DOCTORS = 4;

/** Members enrolled on chain B, each with a certificate that their hospital signed; and `request` beside them. */
export async function membersGrowth(load: Load, counts: readonly number[]): Promise<Subject> {
  const { chainB, hospitalB } = load.cast;
  const { hospital } = hospitalB;
  const sender = chainB.as(hospital.operator);
  const account = new Wallet(Wallet.createRandom().privateKey).address;
  const notAfter = BigInt(Math.floor(Date.now() / 1000)) + YEAR;
  const operator = await hospital.operator.getAddress();
  await impersonate(chainB, operator);
  const members: Hex32[] = [];
  let gas = 0;
  const add = async (): Promise<void> => {
    const calls: string[] = [];
    while (calls.length < BATCH) {
      const pseudonym = drawHex();
      const subject = { pseudonym, account, keyDigest: drawHex(), serial: 1n, notAfter };
      const signed = await hospital.certifyHashed(chainB, subject);
      calls.push(chainB.hospitals.interface.encodeFunctionData("enrolMember", signed));
      members.push(memberIdOf(hospital.id, pseudonym));
    }
    gas = await sendFrom(chainB, operator, chainB.deployment.hospitals, calls);
  };
  const read = async (): Promise<void> => {
    const { serial } = await ask(chainB, () => chainB.hospitals.member(pick(members)));
    if (serial !== 1n) throw new Error("a member that was enrolled is not known");
  };
  const probe = async (): Promise<Cost> => {
    const [signed] = load.signRequests(1);
    if (!signed) throw new RangeError("one was asked for");
    const { request, signature } = signed;
    const started = performance.now();
    const receipt = await transact(chainB, () =>
      sender.requests.request(request, signature, { gasLimit: BigInt(GAS) }),
    );
    return { ms: performance.now() - started, gas: Number(receipt.gasUsed) };
  };
  for (let doctor = 0; doctor < DOCTORS; doctor += 1) await probe();
  const rows = await grow(counts, { add, read, probe, size: async () => gas });
  return { title: "Members on chain B", each: "gas", probe: "request", rows };
}

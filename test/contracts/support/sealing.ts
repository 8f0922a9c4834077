/** Validators that seal a simulated chain's blocks as those of a QBFT chain, and what is proven by them. */
import {
  appendMessage,
  ledgerSlots,
  type MerkleTree,
  merkleTree,
  messageProof,
  peakHeights,
  peakSlot,
  sealedHeader,
} from "@medexchain/chain";
import type { Mailbox, QbftClient } from "@medexchain/contracts";
import { encodeQbftExtraData, type QbftHeader, qbftHeader, qbftQuorum } from "@medexchain/evm";
import { computeAddress, Signature, SigningKey, toBeHex, ZeroHash } from "ethers";
import type { Chain } from "./chain.ts";
import { digest } from "./messages.ts";
import { DAY } from "./world.ts";

export const TRUSTING_PERIOD = 14n * DAY;

export interface Validator {
  readonly address: string;
  readonly key: SigningKey;
}

/** Validators with keys drawn from a name, in ascending order. */
export function validatorsOf(name: string, count: number): Validator[] {
  const all = Array.from({ length: count }, (_, i) => {
    const key = new SigningKey(digest(`${name} ${i}`));
    return { address: computeAddress(key.publicKey).toLowerCase(), key };
  });
  return all.sort((x, y) => (x.address < y.address ? -1 : 1));
}

export interface Sealing {
  readonly validators: readonly Validator[];
  /** Who seals: the first of a quorum unless given. */
  readonly by?: readonly Validator[];
  readonly round?: number;
}

/** A block's fields as if its chain ran QBFT, sealed. */
export function sealBlock(
  fields: Readonly<Record<string, unknown>>,
  { validators, by, round = 0 }: Sealing,
): QbftHeader {
  const extra = { vanity: ZeroHash, validators: validators.map(({ address }) => address), vote: undefined, round };
  const sealers = by ?? validators.slice(0, qbftQuorum(validators.length));
  const withSeals = (seals: readonly string[]): QbftHeader => {
    const header = qbftHeader({ ...fields, extraData: encodeQbftExtraData({ ...extra, seals }) });
    if (header === undefined) throw new Error("the block is no QBFT block");
    return header;
  };
  const { sealHash } = withSeals([]);
  return withSeals(sealers.map(({ key }) => rawSeal(Signature.from(key.sign(sealHash)))));
}

const rawSeal = ({ r, s, yParity }: Signature): string => `${r}${s.slice(2)}0${yParity}`;

/** Fields of a block, as its node tells them. */
export async function blockOf(chain: Chain, number: number | "latest" = "latest"): Promise<Record<string, string>> {
  const tag = number === "latest" ? number : `0x${number.toString(16)}`;
  return chain.ethers.provider.send("eth_getBlockByNumber", [tag, false]);
}

/** On `chain`, a light client of another chain that trusts these validators from now on. */
export async function deployClient(chain: Chain, other: Chain, validators: readonly Validator[]): Promise<QbftClient> {
  const addresses = validators.map(({ address }) => address);
  const args = [other.chainId, addresses, TRUSTING_PERIOD];
  return (await chain.ethers.deployContract("QbftClient", args)) as unknown as QbftClient; // of the same ABI
}

/** Brings the latest header of a chain to its client. */
export async function updateTo(client: QbftClient, chain: Chain, sealing: Sealing): Promise<QbftHeader> {
  const header = sealBlock(await blockOf(chain), sealing);
  const { header: rlp, seals } = sealedHeader(header);
  await client.update(rlp, [...seals]);
  return header;
}

interface Proof {
  readonly accountProof: string[];
  readonly storageProof: { readonly proof: string[] }[];
}

const proofOf = (chain: Chain, address: string, slots: string[], number: bigint): Promise<Proof> =>
  chain.ethers.provider.send("eth_getProof", [address, slots, toBeHex(number).replace(/^0x0+/, "0x")]);

/** All messages that a contract sent through its chain's mailbox. */
export async function sentBy(chain: Chain, sender: string): Promise<MerkleTree> {
  const range = merkleTree();
  const events = await chain.mailbox.queryFilter(chain.mailbox.filters.MessageSent(sender));
  for (const { args } of events) appendMessage(range, args.message);
  return range;
}

/** Proofs of all peaks of a sender's range after a block: what `Mailbox.provePeaks` takes. */
export async function peakProofs(chain: Chain, sender: string, number: bigint) {
  const size = Number(await chain.mailbox.messageCount(sender, { blockTag: number }));
  const heights = peakHeights(size);
  const mailbox = await chain.mailbox.getAddress();
  const { accountProof, storageProof } = await proofOf(
    chain,
    mailbox,
    heights.map((height) => peakSlot(sender, height)),
    number,
  );
  const peaks = heights.map((height, i) => ({ sender, height, proof: storageProof[i]!.proof }));
  return { account: accountProof, peaks };
}

/** Proves on `here` all that a sender of another chain sent so far. */
export async function provePeaks(here: Mailbox, other: Chain, sender: string, { number }: QbftHeader): Promise<void> {
  const { account, peaks } = await peakProofs(other, sender, number);
  await here.provePeaks(other.chainId, number, account, peaks);
}

/** That messages are among those that their sender sent so far. */
export async function proofsOfMessages(chain: Chain, sender: string, messages: readonly string[]) {
  const sent = (await chain.mailbox.queryFilter(chain.mailbox.filters.MessageSent(sender))).map(
    ({ args }) => args.message,
  );
  const range = await sentBy(chain, sender);
  return messages.map((message) => {
    const { index, path } = messageProof(range, sent.indexOf(message));
    return { index, path: [...path] };
  });
}

/** The same of one message. */
export async function proofOfMessage(chain: Chain, sender: string, message: string) {
  const [proof] = await proofsOfMessages(chain, sender, [message]);
  if (proof === undefined) throw new Error("no proof");
  return proof;
}

/** That a ledger is so at the end of a block: what `Mailbox.submitCheckpointProven` takes. */
export async function ledgerProof(chain: Chain, entryCount: number, number: bigint) {
  const { head, length, peaks } = ledgerSlots(entryCount);
  const { accountProof, storageProof } = await proofOf(
    chain,
    await chain.ledger.getAddress(),
    [head, length, ...peaks],
    number,
  );
  const [ofHead, ofLength, ...ofPeaks] = storageProof.map(({ proof }) => proof);
  return { account: accountProof, head: ofHead!, length: ofLength!, peaks: ofPeaks };
}

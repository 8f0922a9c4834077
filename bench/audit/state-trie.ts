/** The state of a few contracts as a trie, with the proofs that a node answers `eth_getProof` with. */
import { createMerkleProof, createMPT } from "@ethereumjs/mpt";
import { keccak256, rlpList, rlpString } from "@medexchain/evm";

/** Storage words by slot, by contract; addresses and slots as hex in lower case. */
export type State = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

export interface ProvenState {
  readonly root: string;
  /** As EIP-1186 has it, but for what the proofs prove. */
  proof(address: string, slots: readonly string[]): Promise<object>;
}

/** Of what the node answers as the code of each: one byte. */
const CODE_HASH = keccak256(Uint8Array.of(0));

const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");
const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;
const integer = (value: bigint): Uint8Array => {
  const digits = value === 0n ? "" : value.toString(16);
  return bytesOf(`0x${digits.length % 2 === 0 ? digits : `0${digits}`}`);
};

export async function stateTrie(state: State): Promise<ProvenState> {
  const accounts = await createMPT();
  const storages = new Map<string, Awaited<ReturnType<typeof createMPT>>>();
  for (const [address, words] of state) {
    const storage = await createMPT();
    for (const [slot, value] of words) {
      if (value !== 0n) await storage.put(keccak256(bytesOf(slot)), rlpString(integer(value)));
    }
    const account = rlpList([integer(1n), integer(0n), storage.root(), CODE_HASH].map(rlpString));
    await accounts.put(keccak256(bytesOf(address)), account);
    storages.set(address, storage);
  }
  return {
    root: hexOf(accounts.root()),
    async proof(address, slots) {
      const storage = storages.get(address) ?? (await createMPT());
      const accountProof = (await createMerkleProof(accounts, keccak256(bytesOf(address)))).map(hexOf);
      const storageProof = slots.map(async (key) => ({
        key,
        proof: (await createMerkleProof(storage, keccak256(bytesOf(key)))).map(hexOf),
      }));
      return { address, accountProof, storageProof: await Promise.all(storageProof) };
    },
  };
}

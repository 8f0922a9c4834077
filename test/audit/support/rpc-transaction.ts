import { type BaseWallet, Transaction } from "ethers";

/** A transaction as JSON-RPC gives it. */
export interface RawTransaction {
  readonly hash: string;
  readonly from: string;
  readonly to: string | null;
  readonly input: string;
  readonly [field: string]: unknown;
}

/** A signed transaction as JSON-RPC gives it. */
export function rpcForm(tx: Transaction): RawTransaction {
  const quantity = (value: bigint | number) => `0x${value.toString(16)}`;
  const { signature, hash, from } = tx;
  if (!signature || hash === null || from === null) throw new Error("not signed");
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas } = tx;
  return {
    ...(tx.type !== 0 && { type: quantity(tx.type ?? 0), chainId: quantity(tx.chainId), accessList: tx.accessList }),
    hash,
    from,
    nonce: quantity(tx.nonce),
    gas: quantity(tx.gasLimit),
    ...(gasPrice !== null && tx.type !== null && tx.type < 2 && { gasPrice: quantity(gasPrice) }),
    ...(maxFeePerGas !== null && { maxFeePerGas: quantity(maxFeePerGas) }),
    ...(maxPriorityFeePerGas !== null && { maxPriorityFeePerGas: quantity(maxPriorityFeePerGas) }),
    ...(maxFeePerBlobGas !== null && { maxFeePerBlobGas: quantity(maxFeePerBlobGas) }),
    ...(tx.type === 3 && { blobVersionedHashes: tx.blobVersionedHashes }),
    authorizationList: tx.authorizationList?.map(({ address, nonce, chainId, signature: { r, s, yParity } }) => ({
      address,
      nonce: quantity(nonce),
      chainId: quantity(chainId),
      yParity: quantity(yParity),
      r: quantity(BigInt(r)),
      s: quantity(BigInt(s)),
    })),
    to: tx.to,
    value: quantity(tx.value),
    input: tx.data,
    r: quantity(BigInt(signature.r)),
    s: quantity(BigInt(signature.s)),
    v: quantity(tx.type === 0 ? BigInt(signature.networkV ?? signature.v) : signature.yParity),
    ...(tx.type !== 0 && { yParity: quantity(signature.yParity) }),
  };
}

/** The same transaction with other calldata, sent by another account: a genuine one, but for being in no block. */
export function sentAnew(raw: RawTransaction, chainId: bigint, by: BaseWallet, input = raw.input): RawTransaction {
  const { nonce, gas, value } = raw as Record<string, string>; // as JSON-RPC has them
  const { to } = raw;
  const fees = { maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n };
  const tx = Transaction.from({
    type: 2,
    chainId,
    nonce: Number(nonce),
    gasLimit: gas!,
    value: value!,
    to,
    data: input,
    ...fees,
  });
  tx.signature = by.signingKey.sign(tx.unsignedHash);
  return { ...raw, ...rpcForm(tx) };
}

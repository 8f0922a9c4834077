/** What MedExChain needs of Ethereum below ethers: RLP, QBFT headers, tries and their proofs, ABI batches, JSON-RPC, log ranges, Keccak. It knows no contract of the suite. */
export { type CompiledCode, isCodeOf } from "./contract-code.ts";
export { encodeCall } from "./encode-call.ts";
export { type EventValue, type EventView, eventView, type RawLog } from "./event-view.ts";
export { type JsonRpc, type JsonRpcOptions, jsonRpc } from "./json-rpc.ts";
export { keccak256 } from "./keccak.ts";
export {
  allLogs,
  type LogRange,
  type LogRangesOptions,
  logRanges,
  type Pace,
  slowDown,
  speedUp,
  startPace,
} from "./log-ranges.ts";
export { AnswerTooLong, mayMeanFewer, NodeRefusal, type RpcErrorBody } from "./node-errors.ts";
export type { Posted } from "./post.ts";
export {
  decodeQbftExtraData,
  encodeQbftExtraData,
  MAX_VALIDATORS,
  type QbftExtraData,
  type QbftVote,
} from "./qbft-extra-data.ts";
export { type QbftHeader, qbftHeader, qbftQuorum, qbftSealers } from "./qbft-header.ts";
export { encodedReceipt } from "./receipt.ts";
export { type RlpItem, readRlp, rlpList, rlpOf, rlpString } from "./rlp-bytes.ts";
export { type RlpWriter, rlpWriter } from "./rlp-writer.ts";
export type { RpcAnswer, RpcCall } from "./rpc-body.ts";
export { type StructPageView, type StructView, structPageView, structView } from "./struct-view.ts";
export { httpTransport, type Transport } from "./transport.ts";
export { type ProvenAccount, provenAccount, provenSlot, provenValue } from "./trie-proof.ts";
export { EMPTY_TRIE, listRoot, trieRoot } from "./trie-root.ts";

/** A history in which most things happen that people, hospitals and relayers do, and its audit through nodes that tamper with it. */
import { ABIS, type Chain, transact } from "@medexchain/chain";
import { MedexError } from "@medexchain/core";
import { Interface } from "ethers";
import { type ByHand, people, startByHand } from "../support/by-hand.ts";
import { audit, codesOf, sourceOf } from "../support/history.ts";
import { startLyingNode } from "../support/tamper.ts";
import { callKey, codeKey, type Piece, piecesOf } from "./history.ts";
import { describeTampering, drawTampering, startTamperingNode, type Tampering } from "./tampering.ts";

const { doctor, owner, thief } = people;

export interface TamperedWorld extends AsyncDisposable {
  readonly world: ByHand;
  /** What the nodes of both chains tell an audit. */
  readonly pieces: readonly { readonly side: "a" | "b"; readonly piece: Piece }[];
}

export async function makeWorld(): Promise<TamperedWorld> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startByHand());
  await live(world);
  const pieces: { side: "a" | "b"; piece: Piece }[] = [];
  for (const [side, chain] of [
    ["a", world.chainA],
    ["b", world.chainB],
  ] as const) {
    for (const piece of await piecesOf(chain, await askedOf(world, side, chain))) pieces.push({ side, piece });
  }
  const running = stack.move();
  return { world, pieces, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Records, requests that are granted, denied and withdrawn, a key sealed anew, acknowledgements, checkpoints. */
async function live(world: ByHand): Promise<void> {
  const { chainA, chainB } = world;
  const acknowledge = async (requestId: string) => {
    const { answer } = await chainB.requests.status(requestId);
    await transact(chainB, () => chainB.as(doctor).requests.acknowledge(requestId, answer, 1));
  };
  const record = await world.anchor();
  await world.anchorTwo();
  const [first, second, denied, withdrawn] = [
    await world.ask(record),
    await world.ask(record),
    await world.ask(record),
    await world.ask(record),
  ];
  await world.deliver(first, second);
  await world.deliver(denied, withdrawn);
  for (const { requestId } of [first, second, withdrawn]) await world.authorize(requestId);
  await world.reEncrypt(first.requestId);
  await world.answer(first.requestId);
  await acknowledge(first.requestId);
  await world.checkpoint();
  await world.admit(thief.address);
  await world.reseal(second.requestId);
  await world.reEncrypt(second.requestId);
  await world.answer(second.requestId);
  await acknowledge(second.requestId);
  await transact(chainA, () => chainA.as(owner).grants.deny(denied.requestId));
  await world.answer(denied.requestId);
  await transact(chainA, () => chainA.as(owner).grants.withdraw(withdrawn.requestId));
  await world.answer(withdrawn.requestId);
  await world.checkpoint();
}

/** What an audit that nobody lies to asks of a chain's node. */
async function askedOf(world: ByHand, side: "a" | "b", chain: Chain) {
  const [calls, codes] = [new Set<string>(), new Set<string>()];
  await using node = await startLyingNode(chain.deployment, {});
  node.proxy.intercept = async (method, params) => {
    if (method === "eth_call") calls.add(callKey(params));
    if (method === "eth_getCode") codes.add(codeKey(params));
    return undefined;
  };
  const { passed } = await audit(sourcesOf(world, side, node.deployment));
  if (!passed) throw new Error("the history does not pass as it is");
  return { calls, codes };
}

const sourcesOf = ({ chainA, chainB }: ByHand, side: "a" | "b", deployment: Chain["deployment"]) => [
  sourceOf("a", side === "a" ? deployment : chainA.deployment),
  sourceOf("b", side === "b" ? deployment : chainB.deployment),
];

export interface Run {
  readonly tampering: Tampering;
  readonly text: string;
  /** The event of a log that was tampered with, the contract's function of a transaction or a call, what a header comes after, or what else it was. */
  readonly event: string;
  readonly outcome: "found" | "refused" | "passed" | "untouched";
  readonly codes: readonly string[];
}

/** Draws a tampering by its seed, and audits the history through it. */
export async function run({ world, pieces }: TamperedWorld, seed: number): Promise<Run> {
  const side = seed % 2 === 0 ? "a" : "b";
  const chain = side === "a" ? world.chainA : world.chainB;
  const own = pieces.filter((each) => each.side === side).map(({ piece }) => piece);
  const tampering = drawTampering(seed, own);
  const common = {
    tampering,
    text: `chain ${side}, ${describeTampering(tampering)}`,
    event: eventOf(tampering.piece, own),
  };
  await using node = await startTamperingNode(chain.deployment, tampering);
  try {
    const { findings, passed } = await audit(sourcesOf(world, side, node.deployment));
    const outcome = !node.hasTampered() ? "untouched" : passed ? "passed" : "found";
    return { ...common, outcome, codes: codesOf(findings) };
  } catch (error) {
    if (!MedexError.is(error)) throw error;
    return { ...common, outcome: "refused", codes: [error.code] };
  }
}

const MANAGER = new Interface([
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
  "event TargetFunctionRoleUpdated(address indexed target, bytes4 selector, uint64 indexed roleId)",
  "function hasRole(uint64 roleId, address account) view returns (bool, uint32)",
  "function getTargetFunctionRole(address target, bytes4 selector) view returns (uint64)",
  "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
  "function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)",
]);
const INTERFACES = [...Object.values(ABIS).map((abi) => new Interface(abi)), MANAGER];

function eventOf(piece: Piece, among: readonly Piece[]): string {
  const named = (selector: string) =>
    INTERFACES.flatMap((abi) => abi.getFunction(selector)?.name ?? [])[0] ?? (selector.length > 2 ? selector : "");
  switch (piece.of) {
    case "log":
      return INTERFACES.flatMap((abi) => abi.getEvent(piece.log.topics[0] ?? "")?.name ?? [])[0] ?? "an event";
    case "transaction":
      return piece.transaction.to === null ? "creation" : named(piece.transaction.input.slice(0, 10));
    case "call":
      return named(piece.key.split(" ")[1]?.slice(0, 10) ?? "");
    case "header": {
      const isBefore = (each: Piece) => each.of === "header" && Number(each.key) === Number(piece.key) - 1;
      return among.some(isBefore) ? "after a block with events" : "after a block without events";
    }
    default:
      return piece.of;
  }
}

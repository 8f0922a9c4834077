/** MedExChain's Fig. 8: throughput and latency of one chain against its number of nodes, by a model fed with what one node takes here. */
import { cpus } from "node:os";
import { meanLatency, NETWORK, type NodeCosts, type Placement, speedOf } from "./nodes/model.ts";
import { measureNode } from "./nodes/single-node.ts";
import type { Cell, Report, RunOptions } from "./report.ts";

/** The paper's, with one alone before them. */
const NODES = [1, 3, 4, 5, 6, 7, 8] as const;
const PER_BLOCK = 1_000;
const REQUESTS = 100_000;
const PLACES = ["one machine", "machines of their own"] as const;

const NOTES = [
  "No chain of several nodes was run: there is none on this machine that could be. What one node takes was measured, with EDR, which executes this project's contracts in the " +
    "other sections too; what n take is reckoned by bench/nodes/model.ts: QBFT, where every node executes every block, and PREPARE and COMMIT of each are checked by all others.",
  `A request stores a value: a record is anchored. ${PER_BLOCK.toLocaleString("en-GB")} of them are in a block, and ${REQUESTS.toLocaleString("en-GB")} are there at the start, as in the paper; latency is that of an average one, most of which is the queue before it. ` +
    `Machines of their own have the processors of this one each, are ${NETWORK.delay} ms apart, and send ${NETWORK.bytesPerMs / 125_000} Gbit/s.`,
  "The paper gives no values for its Fig. 8. It says that throughput falls and latency grows with the number of nodes, and chooses five; its nodes are FISCO-BCOS, whose consensus has the same three rounds. " +
    "On one machine the nodes share its processors, and each executes every block again. On machines of their own each block is executed twice one after the other, by the proposer and by " +
    "the others, however many they are, and further nodes cost their votes and the sending of the block, while clients are spread over them.",
];

/** Measures one node and models several. */
export async function benchNodes({ quick, rounds = quick ? 2 : 7 }: RunOptions): Promise<Report> {
  const costs = await measureNode(rounds, quick ? 50 : 200);
  const processors = cpus().length;
  const of = (nodes: number, place: Placement["place"]) =>
    speedOf(costs, { nodes, perBlock: PER_BLOCK, place, processors });
  return {
    title: "MedExChain Fig. 8: throughput and latency by the number of nodes",
    measurements: [],
    ratios: {},
    tables: [
      costsTable(costs),
      {
        title: `By the model: ${REQUESTS.toLocaleString("en-GB")} requests at once`,
        columns: [
          "nodes",
          ...PLACES.flatMap((place) => [`requests/s, ${place}`, `a block, ms, ${place}`, `latency, s, ${place}`]),
        ],
        rows: NODES.map((nodes): Cell[] => [
          nodes,
          ...PLACES.flatMap((place) => {
            const speed = of(nodes, place);
            return [speed.perSecond, speed.block, meanLatency(speed, REQUESTS) / 1000];
          }),
        ]),
      },
    ],
    plots: [
      {
        file: "fig-8-nodes-throughput",
        title: "Fig. 8: throughput by number of nodes, by the model",
        kind: "line",
        x: "nodes",
        y: "requests per second",
        points: PLACES.flatMap((place) =>
          NODES.map((nodes) => ({ series: place, x: nodes, y: of(nodes, place).perSecond })),
        ),
      },
      {
        file: "fig-8-nodes-latency",
        title: "Fig. 8: latency by number of nodes, by the model",
        kind: "line",
        x: "nodes",
        y: "seconds",
        points: PLACES.flatMap((place) =>
          NODES.map((nodes) => ({ series: place, x: nodes, y: meanLatency(of(nodes, place), REQUESTS) / 1000 })),
        ),
      },
    ],
    notes: NOTES,
  };
}

function costsTable({ receive, execute, sign, verify, bytes }: NodeCosts) {
  return {
    title: "What one node takes, measured: processor time",
    columns: ["", "µs"],
    rows: [
      ["being given a transaction over JSON-RPC", 1000 * receive],
      ["executing it in a block", 1000 * execute],
      ["signing a message", 1000 * sign],
      ["checking a signature, of a message or of a transaction", 1000 * verify],
    ],
    note: `a transaction has ${bytes} bytes. Messages by libsecp256k1 in WebAssembly; the first row has the client's side of the call in it, which is in the same process`,
  };
}

import { type Acknowledgement, acknowledgementOf, decisionOf, type RequestState } from "@medexchain/chain";
import { destinationState, sourceState } from "./join-request.ts";
import type { Store } from "./store.ts";
import { arrayRows, intWord } from "./stored-log.ts";

/** What becomes of one request by the events of one chain, as its contracts would hold it. */
export interface RequestStates {
  readonly source: RequestState;
  readonly acknowledgement: Acknowledgement;
  readonly destination: RequestState;
  /** Unix seconds; 0 where it was not. */
  readonly decidedAt: bigint;
}

/** Makes a reader of the states of requests by the events of one chain. It throws a RangeError where a log is malformed. */
export function requestStates(store: Store, chainId: bigint): (requestId: Uint8Array) => RequestStates {
  // No more of each than the states take: `joinRequest` reads everything. Of empty data, as `RequestExpired` has, `substr` makes NULL.
  const rows = arrayRows(
    store,
    `SELECT event, coalesce(substr(data, 1, 96), data) AS data FROM log WHERE request = ? AND chain = ${chainId} ORDER BY block, position`,
  );
  return (requestId) => {
    const logs = new Map<string, Uint8Array>();
    // By the schema. The first of each event counts, as everywhere; but of an answer's corrections the last, which is not acknowledged yet.
    for (const [event, data] of rows.all(requestId) as unknown as [string, Uint8Array][]) {
      if (event === "ResponseCorrected") {
        logs.set("ResponseDelivered", data);
        logs.delete("Acknowledged");
      } else if (!logs.has(event)) logs.set(event, data);
    }
    const decided = (event: string) => {
      const data = logs.get(event);
      return data && { decision: decisionOf(intWord(data, 1)), decidedAt: intWord(data, 2) };
    };
    const answer = decided("ResponseReady");
    const acknowledged = logs.get("Acknowledged");
    const requested = logs.get("AccessRequested");
    const delivered = logs.get("RequestDelivered");
    return {
      source: sourceState(requested, decided("ResponseDelivered"), logs.get("RequestExpired")),
      acknowledgement: acknowledged ? acknowledgementOf(intWord(acknowledged, 0)) : "None",
      destination: destinationState(delivered, logs.get("ReEncryptionRequested"), answer),
      decidedAt: answer?.decidedAt ?? 0n,
    };
  };
}

import type { JobKind } from "../observe/observer.ts";
import type { Handler } from "../queue/attempt.ts";
import type { HandlerContext } from "./context.ts";
import { deliverRequest } from "./deliver-request.ts";
import { deliverResponse } from "./deliver-response.ts";
import { expireGrant, expireRequest } from "./expire.ts";
import { reEncryptCapsule } from "./re-encrypt.ts";
import { reportEquivocation } from "./report-equivocation.ts";

/** The handler of each kind of job. */
export function createHandlers(context: HandlerContext): Record<JobKind, Handler> {
  return {
    "deliver-request": (job) => deliverRequest(context, job),
    "re-encrypt": (job) => reEncryptCapsule(context, job),
    "deliver-response": (job) => deliverResponse(context, job),
    "expire-grant": (job) => expireGrant(context, job),
    "expire-request": (job) => expireRequest(context, job),
    "report-equivocation": (job) => reportEquivocation(context, job),
  };
}

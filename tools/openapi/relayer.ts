import { z } from "zod";
import { jobRowSchema, statusSchema } from "../../relayer/administer/administration.ts";
import { CALLS } from "../../relayer/administer/routes.ts";
import { attestationsAnswerSchema } from "../../relayer/http/attestations.ts";
import { requestHistorySchema } from "../../relayer/http/history.ts";
import { errorSchema, healthAnswerSchema, readinessSchema } from "../../relayer/http/server.ts";
import { answer, type Json, json, openapi } from "./document.ts";

const error = (description: string): Json => answer(description, json(errorSchema, "output"));
const failed = { "500": error("It failed; the error's code.") };

const RESULTS: Readonly<Record<keyof typeof CALLS, readonly [summary: string, result: z.ZodType]>> = {
  status: ["Count jobs, list paused lanes", statusSchema],
  jobs: ["List the jobs in a state, oldest first", z.array(jobRowSchema)],
  retry: ["Make a parked or held job pending; false when it is neither", z.boolean()],
  park: ["Park a pending or held job; false when it is neither", z.boolean()],
  pause: ["Hold all jobs of a lane", z.null()],
  resume: ["End that; false when the lane was not paused", z.boolean()],
};

const admin = Object.entries(CALLS).map(([name, input]): [string, Json] => {
  const [summary, result] = RESULTS[name as keyof typeof CALLS]; // the same keys
  const post = {
    operationId: name,
    tags: ["administration"],
    summary,
    security: [{ token: [] }],
    requestBody: { required: true, content: json(input, "input") },
    responses: {
      "200": answer("Done.", json(z.object({ result }), "output")),
      "400": error("The input is not as described."),
      "401": error("The token is missing or wrong."),
      "404": error("No token is configured, so that nothing can be administered over HTTP."),
      ...failed,
    },
  };
  return [`/v1/admin/${name}`, { post }];
});

const get = (operationId: string, summary: string, responses: Json, more: Json = {}): Json => ({
  get: { operationId, tags: ["observation"], summary, security: [], ...more, responses: { ...responses, ...failed } },
});

/** `docs/openapi/relayer.json`. */
export const relayer: Json = openapi({
  title: "MedExChain relayer",
  description:
    "What a relayer tells of itself, and what its operator may do. It answers with ids, codes and times only. `/v1/admin` is there where a token is configured.",
  tags: [
    { name: "observation", description: "For whoever can reach it." },
    { name: "administration", description: "For the operator, who has the token." },
  ],
  paths: {
    "/healthz": get("health", "Whether work is moving", {
      "200": answer("It is.", json(healthAnswerSchema, "output")),
      "503": answer("It is not.", json(healthAnswerSchema, "output")),
    }),
    "/readyz": get("readiness", "Whether each chain was read and work is taken", {
      "200": answer("Yes.", json(readinessSchema, "output")),
      "503": answer("No.", json(readinessSchema, "output")),
    }),
    "/metrics": get("metrics", "Metrics for Prometheus", {
      "200": answer("In Prometheus' text format.", { "text/plain": { schema: { type: "string" } } }),
    }),
    "/v1/requests/{id}": get(
      "history",
      "What this relayer saw and did for a request",
      {
        "200": answer("Its history.", json(requestHistorySchema, "output")),
        "400": error("Not a request id."),
        "404": error("Nothing is known of it."),
      },
      {
        parameters: [
          { name: "id", in: "path", required: true, schema: { type: "string", pattern: "^0x[0-9a-fA-F]{64}$" } },
        ],
      },
    ),
    "/v1/attestations/{chainId}/{requestId}": get(
      "attestations",
      "What this relayer attested about a request, for relayers with databases of their own",
      {
        "200": answer(
          "Its attestations, the latest first; none where it attested nothing.",
          json(attestationsAnswerSchema, "output"),
        ),
        "400": error("Not a chain's id and a request id."),
      },
      {
        parameters: [
          {
            name: "chainId",
            in: "path",
            required: true,
            description: "Of the chain that verifies them.",
            schema: { type: "string", pattern: "^[1-9][0-9]{0,17}$" },
          },
          { name: "requestId", in: "path", required: true, schema: { type: "string", pattern: "^0x[0-9a-fA-F]{64}$" } },
        ],
      },
    ),
    ...Object.fromEntries(admin),
  },
  components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
});

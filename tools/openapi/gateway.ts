import { METHODS } from "../../gateway/methods.ts";
import { sealedCallSchema, sealedReplySchema } from "../../gateway/sealed-call.ts";
import { refusalSchema, statusSchema } from "../../gateway/server.ts";
import { answer, type Json, json, openapi, schemaOf } from "./document.ts";

const refusal = (description: string): Json => answer(description, json(refusalSchema, "output"));
const sealed = (name: string): Json => ({ "application/cbor": { schema: { $ref: `#/components/schemas/${name}` } } });

/** What is inside of the seal: for each method, its input and output. */
const methods = Object.entries(METHODS).flatMap(([name, { input, output }]) => [
  [`${name}.input`, schemaOf(input, "input", "cbor")],
  [`${name}.output`, schemaOf(output, "output", "cbor")],
]);

/** `docs/openapi/gateway.json`. */
export const gateway: Json = openapi({
  title: "MedExChain hospital gateway",
  description:
    "A hospital's reverse firewall, for the hospital's members; what the hospital itself must do of a call, it is asked for behind this service (see hospital.json). A call is signed by the member's account, and sealed to the key in the hospital's parameters (HPKE: X-Wing, HKDF-SHA256, AES-256-GCM); the reply is sealed to the call. Errors of a call that could be opened are in the reply. The inputs and outputs of the methods inside are among the schemas, as `method.input` and `method.output`.",
  tags: [{ name: "gateway", description: "For the hospital's members." }],
  paths: {
    "/v1/calls": {
      post: {
        operationId: "call",
        tags: ["gateway"],
        summary: "Make a sealed call",
        security: [],
        requestBody: { required: true, content: sealed("sealedCall") },
        responses: {
          "200": answer("The sealed reply, of success or of failure.", sealed("sealedReply")),
          "400": refusal("The call does not open."),
          "413": refusal("The call is too long."),
          "415": refusal("The body is not application/cbor."),
          "500": refusal("The gateway failed."),
          "503": refusal("It works on as many calls as it can; come back after `retry-after` seconds."),
        },
      },
    },
    "/v1/status": {
      get: {
        operationId: "status",
        tags: ["gateway"],
        summary: "Say which hospital this is, and whether it answers",
        security: [],
        responses: {
          "200": answer(
            "The hospital's id, its kind of keys, and whether its own service answers.",
            json(statusSchema, "output"),
          ),
          "500": refusal("The gateway failed."),
        },
      },
    },
  },
  components: {
    schemas: {
      sealedCall: schemaOf(sealedCallSchema, "input", "cbor"),
      sealedReply: schemaOf(sealedReplySchema, "output", "cbor"),
      ...Object.fromEntries(methods),
    },
  },
});

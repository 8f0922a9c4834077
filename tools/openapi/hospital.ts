import { hospitalStatusSchema } from "../../gateway/hospital-server.ts";
import { sealedCallSchema, sealedReplySchema } from "../../gateway/sealed-call.ts";
import { refusalSchema } from "../../gateway/server.ts";
import { answer, type Json, json, openapi, schemaOf } from "./document.ts";

const refusal = (description: string): Json => answer(description, json(refusalSchema, "output"));
const sealed = (name: string): Json => ({ "application/cbor": { schema: { $ref: `#/components/schemas/${name}` } } });

/** `docs/openapi/hospital.json`. */
export const hospital: Json = openapi({
  title: "MedExChain hospital",
  description:
    "A hospital's own service, for its firewall alone. In a call's seal, which is to the key that the firewall was told when the two were paired, is a call as a member signed it, signed again by the firewall's account. It is answered for the methods owner-key, partial-key and certify, whose inputs and outputs are those in gateway.json, with keys that are not blinded yet.",
  tags: [{ name: "hospital", description: "For the hospital's firewall." }],
  paths: {
    "/v1/calls": {
      post: {
        operationId: "call",
        tags: ["hospital"],
        summary: "Hand a member's call on",
        security: [],
        requestBody: { required: true, content: sealed("sealedCall") },
        responses: {
          "200": answer("The sealed reply, of success or of failure.", sealed("sealedReply")),
          "400": refusal("The call does not open."),
          "413": refusal("The call is too long."),
          "415": refusal("The body is not application/cbor."),
          "500": refusal("The hospital's service failed."),
          "503": refusal("It works on as many calls as it can; come back after `retry-after` seconds."),
        },
      },
    },
    "/v1/status": {
      get: {
        operationId: "status",
        tags: ["hospital"],
        summary: "Say which hospital this is",
        security: [],
        responses: {
          "200": answer("The hospital's id, and its kind of keys.", json(hospitalStatusSchema, "output")),
          "500": refusal("The hospital's service failed."),
        },
      },
    },
  },
  components: {
    schemas: {
      sealedCall: schemaOf(sealedCallSchema, "input", "cbor"),
      sealedReply: schemaOf(sealedReplySchema, "output", "cbor"),
    },
  },
});

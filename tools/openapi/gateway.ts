import { METHODS } from "../../gateway/methods.ts";
import { statusSchema } from "../../gateway/server.ts";
import { type Json, schemaOf } from "./document.ts";
import { sealedService } from "./sealed-calls.ts";

/** What is inside of the seal: for each method, its input and output. */
const methods = Object.entries(METHODS).flatMap(([name, { input, output }]) => [
  [`${name}.input`, schemaOf(input, "input", "cbor")],
  [`${name}.output`, schemaOf(output, "output", "cbor")],
]);

/** `docs/openapi/gateway.json`. */
export const gateway: Json = sealedService({
  title: "MedExChain hospital gateway",
  description:
    "A hospital's reverse firewall, for the hospital's members; what the hospital itself must do of a call, it is asked for behind this service (see hospital.json). A call is signed by the member's account, and sealed to the key in the hospital's parameters (HPKE: X-Wing, HKDF-SHA256, AES-256-GCM); the reply is sealed to the call. Errors of a call that could be opened are in the reply. The inputs and outputs of the methods inside are among the schemas, as `method.input` and `method.output`.",
  tag: { name: "gateway", description: "For the hospital's members." },
  call: "Make a sealed call",
  failed: "The gateway failed.",
  status: {
    summary: "Say which hospital this is, and whether it answers",
    answer: "The hospital's id, its kind of keys, and whether its own service answers.",
    schema: statusSchema,
  },
  schemas: Object.fromEntries(methods),
});

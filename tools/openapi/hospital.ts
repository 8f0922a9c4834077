import { hospitalStatusSchema } from "../../gateway/hospital-server.ts";
import type { Json } from "./document.ts";
import { sealedService } from "./sealed-calls.ts";

/** `docs/openapi/hospital.json`. */
export const hospital: Json = sealedService({
  title: "MedExChain hospital",
  description:
    "A hospital's own service, for its firewall alone. In a call's seal, which is to the key that the firewall was told when the two were paired, is a call as a member signed it, signed again by the firewall's account. It is answered for the methods enrol, owner-key, partial-key and certify, whose inputs and outputs are those in gateway.json, with keys that are not blinded yet.",
  tag: { name: "hospital", description: "For the hospital's firewall." },
  call: "Hand a member's call on",
  failed: "The hospital's service failed.",
  status: {
    summary: "Say which hospital this is",
    answer: "The hospital's id, and its kind of keys.",
    schema: hospitalStatusSchema,
  },
});

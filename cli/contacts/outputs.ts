/** The JSON of `medex contacts …`. */
import { z } from "zod";
import { hex32 } from "../output/json-types.ts";

const person = z.object({
  memberId: hex32,
  name: z.string(),
  hospital: z.string().meta({ description: "the pseudonym of their hospital" }),
  pseudonym: z.string().meta({ description: "what the hospital calls them" }),
});

export const contactsAddOutput = person;
export const contactsRemoveOutput = z.object({ memberId: hex32, name: z.string() });

const standing = z
  .enum(["active", "inactive", "unknown"])
  .meta({ description: "on the chains that are configured; unknown where none knows them" });

export const contactsListOutput = z.object({
  people: z.array(person.extend({ standing })),
  hospitals: z.array(z.object({ hospitalId: hex32, name: z.string(), standing })),
});

/** Writes `docs/openapi/`: the HTTP of relayers, firewalls and hospitals, from the schemas that their code checks and answers by. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../workspaces.ts";
import { DOCUMENTS, textOf } from "./documents.ts";

mkdirSync(join(ROOT, "docs/openapi"), { recursive: true });
for (const [file, document] of Object.entries(DOCUMENTS)) writeFileSync(join(ROOT, file), textOf(document));

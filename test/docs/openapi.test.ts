import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import SwaggerParser from "@apidevtools/swagger-parser";
import { expect } from "chai";
import { DOCUMENTS, textOf } from "../../tools/openapi/documents.ts";
import { ROOT } from "../../tools/workspaces.ts";

describe("docs/openapi", () => {
  for (const [file, document] of Object.entries(DOCUMENTS)) {
    describe(file, () => {
      it("says what the code says: npm run openapi", () => {
        expect(readFileSync(join(ROOT, file), "utf8")).to.equal(textOf(document));
      });

      it("is a valid OpenAPI document", async () => {
        await SwaggerParser.validate(join(ROOT, file));
      });

      it("names every route that the code serves, and no other", () => {
        const sources: Readonly<Record<string, readonly string[]>> = {
          "relayer.json": ["relayer/http/server.ts", "relayer/administer/routes.ts"],
          "gateway.json": ["gateway/server.ts"],
          "hospital.json": ["gateway/hospital-server.ts"],
        };
        const text = (sources[basename(file)] ?? [])
          .map((source) => readFileSync(join(ROOT, source), "utf8"))
          .join("\n");
        const served = [...text.matchAll(/\b(?:server|http)\.(get|post)\b[^(]*\(\s*["`](\/[^"`]*)/g)].flatMap(
          ([, verb = "", path = ""]) => {
            if (!path.includes("${")) return [`${verb} ${path.replace(/:(\w+)/g, "{$1}")}`];
            const calls = [...text.matchAll(/\broute\("(\w+)"/g)].map(([, call = ""]) => call);
            return calls.map((call) => `${verb} ${path.replace(/\$\{\w+\}/, call)}`);
          },
        );
        const documented = Object.entries(document.paths as Record<string, object>).flatMap(([path, verbs]) =>
          Object.keys(verbs).map((verb) => `${verb} ${path}`),
        );
        expect(served.sort()).to.deep.equal(documented.sort());
      });
    });
  }
});

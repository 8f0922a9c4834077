import { ERROR_CODES } from "@medexchain/core";
import { expect } from "chai";
import { errorsDe } from "../../web/src/words/errors-de.ts";
import { errorsEn, wordsOfError } from "../../web/src/words/errors-en.ts";

/** Errors of servers, deployments, audits and studies, which no page of the app can meet. */
const NOT_IN_THE_APP =
  /^(STUDY|FHIR|CONSENT|DEPLOYER|DEPLOYMENT|RELAYER|DATABASE|OUTBOX|CHAIN_RE(ORGANISED|SET)|CHAIN_STATE|RE_ENCRYPTION_WORKER|REQUEST_NOT|ATTESTATION|ATTESTATIONS|DEALING|SHARE|PARTIAL|ANSWER|PROOF|CLIENT|JOB|STORAGE|TRANSACTION_RE(PLACED|VERTED|FUSED))_/;

describe("errors in the app's languages", () => {
  it("are said in German, each that a person can meet", () => {
    const missing = ERROR_CODES.filter(
      (code) => !NOT_IN_THE_APP.test(`${code}_`) && wordsOfError(errorsDe, code) === undefined,
    );
    expect(missing).to.deep.equal([]);
  });

  it("are said of codes that there are", () => {
    const known = new Set<string>([...ERROR_CODES, "UNFORESEEN", "UNAUTHORIZED"]);
    for (const key of [...Object.keys(errorsDe), ...Object.keys(errorsEn)]) {
      const isKnown = key.endsWith("_*")
        ? ERROR_CODES.some((code) => code.startsWith(key.slice(0, -1)))
        : known.has(key);
      expect(isKnown, key).to.equal(true);
    }
  });

  it("are found by code, else by how it begins, else not at all", () => {
    const errors = { TANGLE_FORK: "fork", "TANGLE_*": "some" };
    expect(wordsOfError(errors, "TANGLE_FORK")).to.equal("fork");
    expect(wordsOfError(errors, "TANGLE_CHANNEL_GAP")).to.equal("some");
    expect(wordsOfError(errors, "VAULT_EXISTS")).to.equal(undefined);
    expect(wordsOfError(errors, "constructor")).to.equal(undefined);
  });
});

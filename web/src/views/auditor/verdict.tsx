import { useState } from "react";
import type { ReadVerdict } from "../../auditing/worker.ts";
import { auditing } from "../../auditor.ts";
import { result } from "../../device.ts";
import { useTask } from "../../use-task.ts";
import { type Say, useSay } from "../../words/index.tsx";
import { Working } from "../working.tsx";

/** The gravest first. */
const SEVERITIES = ["error", "unchecked", "warning", "notice"] as const;

/** Findings that are shown. */
const SHOWN = 500;

/** What an audit found, where its file is given; else how to make one. */
export function Verdict({ onRead }: { readonly onRead: () => void }) {
  const say = useSay();
  const [verdict, setVerdict] = useState<ReadVerdict & { readonly file: string }>();
  const task = useTask();
  const open = (file: File | undefined): void => {
    if (file === undefined) return;
    task.run(async () => {
      const read = await result(auditing().verdict(file));
      if (read === undefined) return;
      setVerdict({ ...read, file: file.name });
      onRead();
    });
  };
  const count = (severity: string) => verdict?.findings.filter((each) => each.severity === severity).length ?? 0;
  const kind = verdict === undefined ? "unverified" : verdict.passed ? "passed" : "failed";
  return (
    <section className={`verdict ${kind}`} aria-labelledby="verdict">
      <h3 id="verdict">
        {say(verdict ? `auditor.verdict.${verdict.passed ? "passed" : "failed"}` : "auditor.unverified")}
      </h3>
      {verdict ? (
        <>
          <p>
            {say("auditor.verdict.said", {
              name: verdict.file,
              errors: count("error"),
              unchecked: count("unchecked"),
              warnings: count("warning"),
              notices: count("notice"),
            })}
          </p>
          <p>{say("auditor.verdict.chains")}</p>
          <ul>
            {[...new Set(verdict.chains.map((chain) => chainIn(say, chain)))].map((chain) => (
              <li key={chain}>{chain}</li>
            ))}
          </ul>
        </>
      ) : (
        <>
          <p>{say("auditor.unverified.why")}</p>
          <pre>medex audit verify --json &gt; verdict.json</pre>
        </>
      )}
      <label>
        {say("auditor.verdict.drop")}
        <input type="file" accept=".json" disabled={task.busy} onChange={({ target }) => open(target.files?.[0])} />
      </label>
      <Working {...task} />
      {verdict && verdict.findings.length > 0 && (
        <details>
          <summary>
            {say("auditor.findings")} ({verdict.findings.length})
          </summary>
          <ol className="findings">
            {[...verdict.findings]
              .sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
              .slice(0, SHOWN)
              .map((finding, at) => (
                // Two findings may say the same, and they do not change.
                // biome-ignore lint/suspicious/noArrayIndexKey: see above
                <FindingItem key={at} finding={finding} />
              ))}
          </ol>
        </details>
      )}
    </section>
  );
}

/** A chain of the verdict: by name where it is one of this network's, as others may have been audited. */
function chainIn(say: Say, { chainId, block, name }: ReadVerdict["chains"][number]): string {
  const id = String(chainId);
  const chain = name === undefined ? say("auditor.verdict.otherChain", { id }) : say("auditor.chainId", { name, id });
  return block === undefined
    ? say("auditor.verdict.unread", { chain })
    : say("auditor.verdict.readTo", { chain, block });
}

function FindingItem({ finding }: { readonly finding: ReadVerdict["findings"][number] }) {
  const say = useSay();
  const { code, severity, message, where, evidence, advice } = finding;
  const facts = [
    [
      "auditor.finding.where",
      Object.entries(where)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
    ["auditor.finding.expected", evidence.expected],
    ["auditor.finding.found", evidence.found],
    ["auditor.finding.next", advice],
  ] as const;
  return (
    <li>
      <strong>
        <span className={`badge ${severity === "error" || severity === "unchecked" ? "refused" : "open"}`}>
          {say(`auditor.severity.${severity}`)}
        </span>{" "}
        {message}
      </strong>{" "}
      <code>{code}</code>
      <dl className="ids">
        {facts.map(([word, text]) => (
          <div key={word}>
            <dt>{say(word)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

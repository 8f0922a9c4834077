/** A study's question in the person's language. Its title and the names of its columns are the researcher's, as they are. */
import type { Question } from "@medexchain/studies";
import type { Say } from "./index.tsx";

type Condition = NonNullable<Question["filter"]>["conditions"][number];

/** What a statistic says of those who take part. */
export function statisticIn(say: Say, { statistic }: Pick<Question, "statistic">): string {
  switch (statistic.kind) {
    case "count":
      return say("study.count", { column: statistic.column, from: statistic.from, to: statistic.to });
    case "sum":
    case "mean":
    case "variance":
      return say(`study.${statistic.kind}`, { column: statistic.column });
    case "histogram":
      return say("study.histogram", { column: statistic.bins.column, bins: statistic.bins.edges.length - 1 });
    case "contingency":
      return say("study.contingency", { rows: statistic.rows.column, columns: statistic.columns.column });
    case "correlation":
      return say("study.correlation", { x: statistic.x, y: statistic.y });
    case "regression":
      return say("study.regression", { outcome: statistic.outcome, predictors: statistic.predictors.join(", ") });
    case "score":
      return say("study.score", { columns: statistic.weights.map(({ column }) => column).join(", ") });
  }
}

function conditionIn(say: Say, condition: Condition): string {
  const { column } = condition;
  if ("oneOf" in condition) return say("study.oneOf", { column, codes: condition.oneOf.join(say("study.or")) });
  return say("study.range", { column, from: condition.from, to: condition.to });
}

/** Whose values it is of; undefined where it is of all. */
export const filterIn = (say: Say, { filter }: Pick<Question, "filter">): string | undefined =>
  filter?.conditions.map((condition) => conditionIn(say, condition)).join(say("study.and"));

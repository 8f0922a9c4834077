/** A study's question in words, for whoever is asked. */
import { displayText } from "@medexchain/core";
import type { Column, Condition, Question } from "@medexchain/studies";

/** `weight (LOINC 29463-7), from 30 to 200 kg`; `sex (LOINC 46098-0), one of female, male of http://hl7.org/fhir/administrative-gender`. */
export function columnInWords(column: Column): string {
  const { name, code } = column;
  const values =
    "codes" in column
      ? `one of ${column.codes.map((each) => displayText(each)).join(", ")} of ${displayText(column.system, 200)}`
      : `from ${column.min} to ${column.max} ${displayText(column.unit)}`;
  return `${name} (LOINC ${code}), ${values}`;
}

/** What a statistic says of those who take part. */
export function statisticInWords({ statistic }: Question): string {
  const listed = (names: readonly string[]) => names.join(", ");
  switch (statistic.kind) {
    case "count":
      return `how many have a ${statistic.column} from ${statistic.from} to ${statistic.to}`;
    case "sum":
    case "mean":
      return `the ${statistic.kind} of ${statistic.column}`;
    case "variance":
      return `mean and variance of ${statistic.column}`;
    case "histogram":
      return `how many have a ${statistic.bins.column} in each of ${statistic.bins.edges.length - 1} ranges`;
    case "contingency": {
      const { rows, columns } = statistic;
      return `how many are in each cell of a table of ${rows.column} by ${columns.column}`;
    }
    case "correlation":
      return `the correlation of ${statistic.x} and ${statistic.y}`;
    case "regression":
      return `how ${statistic.outcome} depends on ${listed(statistic.predictors)} (linear regression)`;
    case "score":
      return `the mean of a score of ${listed(statistic.weights.map(({ column }) => column))}`;
  }
}

/** `age from 40 to 65`; `sex female or male`. */
export function conditionInWords(condition: Condition): string {
  return "oneOf" in condition
    ? `${condition.column} ${condition.oneOf.map((code) => displayText(code)).join(" or ")}`
    : `${condition.column} from ${condition.from} to ${condition.to}`;
}

/** `age from 40 to 65, and sex female`; undefined where there is no filter. */
export function filterInWords({ filter }: Question): string | undefined {
  return filter?.conditions.map(conditionInWords).join(", and ");
}

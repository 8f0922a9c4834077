/** What a study asks, as canonical bytes: everyone who takes part reads the same question, and its digest stands on-chain. */

import { toFixedPoint } from "@medexchain/bfv";
import { bytesOf, decodeObject, encodeObject, MedexError } from "@medexchain/core";
import { z } from "zod";

/** A question is read by people: one that is longer is refused before it is decoded. */
const MAX_QUESTION_LENGTH = 64 * 1024;
const MAX_COLUMNS = 8;
const MAX_BINS = 64;
const MAX_CODES = 64;
/** Decimal places of a weight in a score, and of the score itself. */
export const SCORE_SCALE = 4;

const decimal = z
  .string()
  .max(24)
  .refine((text) => toFixedPoint(text) !== undefined, "must be a decimal number");
const answerCode = z.string().regex(/^[!-~]{1,80}$/, "must be a code, without spaces");
const columnName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and hyphens");
const loincCode = z.string().regex(/^\d{1,7}-\d$/, "must be a LOINC code");

const numberColumnSchema = z.strictObject({
  name: columnName,
  code: loincCode,
  /** UCUM. */
  unit: z.string().min(1).max(40),
  /** Decimal places that are kept, 0 or more. */
  scale: z.int().min(0).max(6),
  /** What a patient's value is at least and at most, both included. */
  min: decimal,
  max: decimal,
});

/** A column of codes, which only a filter can use. */
const codeColumnSchema = z.strictObject({
  name: columnName,
  code: loincCode,
  /** Of the codes, as FHIR writes it: `http://snomed.info/sct`. */
  system: z.string().regex(/^[!-~]{1,200}$/, "must be a URI"),
  /** What a patient's value can be. */
  codes: z.array(answerCode).min(2).max(MAX_CODES),
});

const columnSchema = z.union([numberColumnSchema, codeColumnSchema]);

const conditionSchema = z.union([
  /** A column of numbers, both ends included. */
  z.strictObject({ column: columnName, from: decimal, to: decimal }),
  z.strictObject({ column: columnName, oneOf: z.array(answerCode).min(1).max(MAX_CODES) }),
]);

const filterSchema = z.strictObject({
  /** With fewer matching patients, by the released count, there are no other figures. */
  minimum: z.int().min(2).max(1_000_000),
  /** All of which a patient must meet. */
  conditions: z.array(conditionSchema).min(1).max(MAX_COLUMNS),
});

/** Bins `[e0, e1) [e1, e2) …`, the last with its upper edge. */
const binsSchema = z.strictObject({
  column: columnName,
  edges: z
    .array(decimal)
    .min(2)
    .max(MAX_BINS + 1),
});

const statisticSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("count"), column: columnName, from: decimal, to: decimal }),
  z.strictObject({ kind: z.literal("sum"), column: columnName }),
  z.strictObject({ kind: z.literal("mean"), column: columnName }),
  z.strictObject({ kind: z.literal("variance"), column: columnName }),
  z.strictObject({ kind: z.literal("histogram"), bins: binsSchema }),
  z.strictObject({ kind: z.literal("contingency"), rows: binsSchema, columns: binsSchema }),
  z.strictObject({ kind: z.literal("correlation"), x: columnName, y: columnName }),
  z.strictObject({ kind: z.literal("regression"), predictors: z.array(columnName).min(1).max(4), outcome: columnName }),
  z.strictObject({
    kind: z.literal("score"),
    intercept: decimal,
    weights: z
      .array(z.strictObject({ column: columnName, weight: decimal }))
      .min(1)
      .max(MAX_COLUMNS),
  }),
]);

const questionSchema = z.strictObject({
  version: z.literal(1),
  title: z.string().min(1).max(200),
  columns: z.array(columnSchema).min(1).max(MAX_COLUMNS),
  /** Whose values the statistic is of; all patients' without it. */
  filter: filterSchema.exactOptional(),
  statistic: statisticSchema,
});

export type Column = z.infer<typeof columnSchema>;
export type NumberColumn = z.infer<typeof numberColumnSchema>;
export type Condition = z.infer<typeof conditionSchema>;
export type Bins = z.infer<typeof binsSchema>;
export type Statistic = z.infer<typeof statisticSchema>;
export type StatisticKind = Statistic["kind"];
export type Question = z.infer<typeof questionSchema>;

/** 32 bytes that name a study or a hospital. */
export const idBytes = bytesOf(32);

function invalid(why: string): MedexError {
  return new MedexError("STUDY_INVALID", `the study's question: ${why}`);
}

/** The columns that a statistic is of, each once. */
export function columnsOf(statistic: Statistic): readonly string[] {
  switch (statistic.kind) {
    case "count":
    case "sum":
    case "mean":
    case "variance":
      return [statistic.column];
    case "histogram":
      return [statistic.bins.column];
    case "contingency":
      return [...new Set([statistic.rows.column, statistic.columns.column])];
    case "correlation":
      return [...new Set([statistic.x, statistic.y])];
    case "regression":
      return [...new Set([...statistic.predictors, statistic.outcome])];
    case "score":
      return [...new Set(statistic.weights.map(({ column }) => column))];
  }
}

/** The columns that a question's filter is of, each once. */
export function filterColumnsOf({ filter }: Pick<Question, "filter">): readonly string[] {
  return [...new Set(filter?.conditions.map(({ column }) => column))];
}

/** A decimal number of a question at a scale, rounded half away from zero. */
export function scaled(text: string, scale: number): bigint {
  const number = toFixedPoint(text);
  if (number === undefined) throw invalid("a number is not decimal");
  const { integer, scale: written } = number;
  if (written <= scale) return integer * 10n ** BigInt(scale - written);
  const unit = 10n ** BigInt(written - scale);
  const magnitude = ((integer < 0n ? -integer : integer) * 2n + unit) / (2n * unit);
  return integer < 0n ? -magnitude : magnitude;
}

/** A column by its name. */
function anyColumnOf({ columns }: Pick<Question, "columns">, name: string): Column {
  const column = columns.find((each) => each.name === name);
  if (column === undefined) throw invalid(`there is no column ${name}`);
  return column;
}

/** A column of numbers by its name. Only for a question that `checkQuestion` let pass. */
export function columnOf(question: Pick<Question, "columns">, name: string): NumberColumn {
  const column = anyColumnOf(question, name);
  if ("codes" in column) throw invalid(`column ${name} has codes, and only a filter can use it`);
  return column;
}

/** Rows and figures must have the same number: neither may round what the question says. */
function requireScale(text: string, { name, scale }: NumberColumn): void {
  if ((toFixedPoint(text)?.scale ?? 0) > scale) {
    throw invalid(`${text} has more decimal places than the ${scale} of column ${name}`);
  }
}

function checkBins(question: Question, { column: name, edges }: Bins): void {
  const column = columnOf(question, name);
  const { scale } = column;
  for (const edge of edges) requireScale(edge, column);
  const values = edges.map((edge) => scaled(edge, scale));
  if (values.some((value, i) => i > 0 && value <= (values[i - 1] ?? value))) {
    throw invalid(`the edges of ${name} must rise`);
  }
}

function checkColumn(column: Column): void {
  const { name } = column;
  if ("codes" in column) {
    if (new Set(column.codes).size < column.codes.length) throw invalid(`column ${name} has a code twice`);
    return;
  }
  const { min, max, scale } = column;
  requireScale(min, column);
  requireScale(max, column);
  if (scaled(min, scale) >= scaled(max, scale)) throw invalid(`the range of ${name} is empty`);
}

function checkCondition(question: Question, condition: Condition): void {
  const { column: name } = condition;
  if ("oneOf" in condition) {
    const column = anyColumnOf(question, name);
    if (!("codes" in column)) throw invalid(`column ${name} has numbers: its filter takes from and to`);
    const strange = condition.oneOf.find((code) => !column.codes.includes(code));
    if (strange !== undefined) throw invalid(`the filter of ${name} has ${strange}, which is none of its codes`);
    return;
  }
  const column = columnOf(question, name);
  const { from, to } = condition;
  requireScale(from, column);
  requireScale(to, column);
  if (scaled(from, column.scale) > scaled(to, column.scale)) throw invalid(`the filter of ${name} lets nobody pass`);
}

/** What is wrong, and where. Of alternatives it is what is wrong with the one that is nearest. */
function faultOf(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): string {
  const [issue] = issues;
  if (issue === undefined) return "it is malformed";
  const path = [...at, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return faultOf(issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [], path);
  }
  return `${path.join(".")} ${wordsOf(issue)}`.trim();
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `has ${issue.keys.join(" and ")}, which a question has no use for`;
  if (issue.code !== "invalid_type") return issue.message;
  return issue.message.endsWith("received undefined") ? "is missing" : `must be of type ${issue.expected}`;
}

/**
 * Checks what the schema cannot: that columns, filter and statistic are of each other.
 * @throws STUDY_INVALID
 */
export function checkQuestion(given: unknown): Question {
  const parsed = questionSchema.safeParse(given);
  if (!parsed.success) throw invalid(faultOf(parsed.error.issues));
  const question = parsed.data;
  const { columns, statistic, filter } = question;
  const names = columns.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid("two columns have one name");
  for (const column of columns) checkColumn(column);
  for (const condition of filter?.conditions ?? []) checkCondition(question, condition);
  const used = columnsOf(statistic);
  const asked = new Set([...used, ...filterColumnsOf(question)]);
  const needless = names.find((name) => !asked.has(name));
  if (needless !== undefined) throw invalid(`column ${needless} is asked for and not used`);
  for (const name of used) columnOf(question, name);
  if (statistic.kind === "correlation" && statistic.x === statistic.y) throw invalid("a column correlates with itself");
  if (statistic.kind === "regression" && used.length !== statistic.predictors.length + 1) {
    throw invalid("a column is in the regression twice");
  }
  if (statistic.kind === "score" && used.length !== statistic.weights.length) throw invalid("a column has two weights");
  if (statistic.kind === "histogram") checkBins(question, statistic.bins);
  if (statistic.kind === "contingency") {
    checkBins(question, statistic.rows);
    checkBins(question, statistic.columns);
  }
  if (statistic.kind === "count")
    checkBins(question, { column: statistic.column, edges: [statistic.from, statistic.to] });
  return question;
}

/** A question's bytes, DAG-CBOR. */
export function encodeQuestion(question: Question): Uint8Array {
  return encodeObject(checkQuestion(question));
}

/**
 * Reads a question from anyone.
 * @throws STUDY_INVALID
 */
export function decodeQuestion(bytes: Uint8Array): Question {
  if (bytes.length > MAX_QUESTION_LENGTH) throw invalid(`longer than ${MAX_QUESTION_LENGTH} bytes`);
  return checkQuestion(decodeObject(bytes, questionSchema, "the study's question", "STUDY_INVALID"));
}

import { displayText } from "@medexchain/core";
import type { Question } from "@medexchain/studies";

/** A question as a person may be shown it: what a researcher writes freely, title and units, moves no other text and hides nothing. */
export function shownQuestion(question: Question): Question {
  const columns = question.columns.map((column) =>
    "codes" in column ? column : { ...column, unit: displayText(column.unit) },
  );
  return { ...question, title: displayText(question.title, 200), columns };
}

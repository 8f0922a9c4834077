/** By column name: the column holds one number in each row, to be computed on; its unit (UCUM), or "1". */
export type NumericColumns = Readonly<Record<string, string>>;

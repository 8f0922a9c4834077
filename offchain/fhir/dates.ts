/** FHIR's dates as intervals (R4, 3.1.1.4.7): what is written to the day is the whole day. */

/** From its first millisecond to its last, since 1970. */
export type Interval = readonly [from: number, to: number];

const DATE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** The interval of a date, dateTime or instant; undefined where it is none. Without a time zone it is UTC. */
export function intervalOf(text: string): Interval | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const [, year = "", month, day, hour, minute, second, fraction, zone = "Z"] = parts;
  const written = [year, month ?? "01", day ?? "01"].join("-");
  const time = `${hour ?? "00"}:${minute ?? "00"}:${second ?? "00"}.${(fraction ?? "0").slice(0, 3).padEnd(3, "0")}`;
  const from = Date.parse(`${written}T${time}${zone}`);
  if (Number.isNaN(from)) return undefined;
  const end = new Date(from);
  if (month === undefined) end.setUTCFullYear(end.getUTCFullYear() + 1);
  else if (day === undefined) end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setTime(from + lengthOf(hour, second, fraction));
  return [from, end.getTime() - 1];
}

function lengthOf(hour: string | undefined, second: string | undefined, fraction: string | undefined): number {
  if (hour === undefined) return 86_400_000;
  if (second === undefined) return 60_000;
  return fraction === undefined ? 1_000 : 1;
}

const PREFIXES = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"] as const;
export type Prefix = (typeof PREFIXES)[number];

/** A search's date: `ge2024-01`, say. Undefined where it is none. */
export function parseDateQuery(text: string): { readonly prefix: Prefix; readonly interval: Interval } | undefined {
  const prefix = PREFIXES.find((each) => text.startsWith(each));
  const interval = intervalOf(prefix === undefined ? text : text.slice(2));
  return interval && { prefix: prefix ?? "eq", interval };
}

/** Whether a resource's interval is what a search asks for (R4, 3.1.1.4.4). */
export function matchesDate([from, to]: Interval, prefix: Prefix, [askedFrom, askedTo]: Interval): boolean {
  const isWithin = from >= askedFrom && to <= askedTo;
  switch (prefix) {
    case "eq":
      return isWithin;
    case "ne":
      return !isWithin;
    case "gt":
      return to > askedTo;
    case "lt":
      return from < askedFrom;
    case "ge":
      return to > askedTo || isWithin;
    case "le":
      return from < askedFrom || isWithin;
    case "sa":
      return from > askedTo;
    case "eb":
      return to < askedFrom;
  }
}

/** HTML: made by `html` alone, which escapes whatever it is given that is not such HTML itself. */
export class Html {
  constructor(text: string);
  readonly text: string;
}

type Value = Html | string | number | bigint | undefined | readonly Value[];

/**
 * A template of HTML. Values are escaped, for text and for quoted attributes; leave no attribute unquoted. Undefined is nothing, a list
 * its members.
 */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html;

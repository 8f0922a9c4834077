// HTML that is safe to send. Runs where the page is made, and in the page.

/** HTML: made by `html` alone, which escapes whatever it is given that is not such HTML itself. */
export class Html {
  constructor(text) {
    this.text = text;
  }
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/**
 * A template of HTML. Values are escaped, for text and for quoted attributes; leave no attribute unquoted. Undefined is nothing, a list
 * its members.
 */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, part, index) => `${text}${escapeHtml(values[index - 1])}${part}`));
}

function escapeHtml(value) {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escapeHtml).join("");
  return String(value).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]);
}

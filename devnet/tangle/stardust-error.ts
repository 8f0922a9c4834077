/** An answer that refuses, in the shape of Stardust nodes: `{ error: { code, message } }`, the code being the HTTP status. */
export class StardustError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The body of an error answer. */
export function stardustErrorBody(status: number, message: string): { error: { code: string; message: string } } {
  return { error: { code: String(status), message } };
}

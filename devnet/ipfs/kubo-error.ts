/** An error that is answered as Kubo does: a bad request (4xx) in plain text, what goes wrong with a good one (500) as JSON. */
export class KuboError extends Error {
  readonly status: number;

  /** @param status 400 or 404 for a bad request, 500 for what Kubo reports of a good one */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** go-ipfs-cmds' `ErrNormal`. */
const NORMAL = 0;

/** The body of an error with status 500. */
export function kuboErrorBody(message: string): { Message: string; Code: number; Type: "error" } {
  return { Message: message, Code: NORMAL, Type: "error" };
}

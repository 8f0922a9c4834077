/** Kubo's error codes (go-ipfs-cmds `ErrorType`). */
export const KUBO_CODE = { normal: 0, client: 1 } as const;

/** An error that is answered in Kubo's shape, `{ Message, Code, Type: "error" }`. */
export class KuboError extends Error {
  readonly status: number;
  readonly code: number;

  /** @param status 400 or 404 for a bad request, 500 for what Kubo reports of a good one */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
    this.code = status === 500 ? KUBO_CODE.normal : KUBO_CODE.client;
  }
}

/** The body of an error answer. */
export function kuboErrorBody(message: string, code: number): { Message: string; Code: number; Type: "error" } {
  return { Message: message, Code: code, Type: "error" };
}

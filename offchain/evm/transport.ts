import { post } from "#post";
import type { Posted, PostOptions } from "./post.ts";

/** Brings a request's body to a node, or to one of several, and what it answers back. */
export type Transport = (body: string, options: Pick<PostOptions, "signal" | "isRead">) => Promise<Posted>;

/** HTTP to one node. The parameters are those of `post`. */
export const httpTransport =
  (url: string, timeoutMs: number, maxBytes?: number): Transport =>
  (body, options) =>
    post(url, body, { timeoutMs, maxBytes, ...options });

/**
 * SHA-256 of a payload, by the platform's own implementation (Web Crypto, in browsers as in Node): a payload may have 100 MB, which
 * JavaScript hashes in half a second.
 *
 * @returns 32 bytes
 */
export async function payloadDigest(payload: Uint8Array): Promise<Uint8Array> {
  // What is sealed and published lies in ordinary memory; the type does not say so.
  return new Uint8Array(await crypto.subtle.digest("SHA-256", payload as Uint8Array<ArrayBuffer>));
}

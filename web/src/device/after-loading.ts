/**
 * Loads what listens in this thread. The library awaits while it loads (WebAssembly), so that the event loop runs before anybody listens: what
 * the page asks meanwhile is kept, and asked again.
 */
export async function afterLoading(load: () => Promise<unknown>): Promise<void> {
  const early: MessageEvent[] = [];
  const keep = (event: Event): void => void early.push(event as MessageEvent); // a worker's messages are
  self.addEventListener("message", keep);
  await load();
  self.removeEventListener("message", keep);
  for (const { data, ports } of early) self.dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
}

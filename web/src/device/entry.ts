/**
 * Where the thread begins. The library awaits while it loads (WebAssembly), so that the event loop runs before anybody listens: what the page
 * asks meanwhile is kept, and asked again.
 */
const early: MessageEvent[] = [];
const keep = (event: Event): void => void early.push(event as MessageEvent); // a worker's messages are
self.addEventListener("message", keep);
await import("./worker.ts");
self.removeEventListener("message", keep);
for (const { data, ports } of early) self.dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));

export {};

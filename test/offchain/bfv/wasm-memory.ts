/**
 * Measures WebAssembly's memory, exactly: SEAL does not hand its own out, so it is taken as the module is instantiated. To be
 * imported before SEAL is loaded. Such a memory never shrinks, so a leak shows as growth, and nothing else does.
 */

/** What of WebAssembly is used here: TypeScript knows it with the DOM only. */
interface Memory {
  readonly buffer: ArrayBuffer;
}
interface Namespace {
  instantiate: (...args: unknown[]) => Promise<{ instance?: { exports: object }; exports?: object }>;
  readonly Memory: new (...args: never[]) => Memory;
}

// The global is as the standard says; see above.
const webAssembly = Reflect.get(globalThis, "WebAssembly") as Namespace;
const memories = new Set<Memory>();

webAssembly.instantiate = new Proxy(webAssembly.instantiate, {
  async apply(target, self, args) {
    const result = await Reflect.apply(target, self, args);
    for (const value of Object.values(result.instance?.exports ?? result.exports ?? {})) {
      if (value instanceof webAssembly.Memory) memories.add(value);
    }
    return result;
  },
});

/** Bytes of all memories that were instantiated. */
export function wasmBytes(): number {
  if (memories.size === 0) throw new Error("no WebAssembly memory was seen: import this module before SEAL is loaded");
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

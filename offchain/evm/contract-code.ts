/** What a compiler made of a contract, as Hardhat's artifacts have it. */
export interface CompiledCode {
  /** Hex. */
  readonly deployedBytecode: string;
  /** Where the constructor writes values, in bytes. */
  readonly immutableReferences?: Readonly<Record<string, readonly Span[]>>;
  readonly deployedLinkReferences: Readonly<Record<string, Readonly<Record<string, readonly Span[]>>>>;
}

interface Span {
  readonly start: number;
  readonly length: number;
}

/** Whether a contract's code, as `eth_getCode` tells it, is what a compiler made, but for immutables and libraries' addresses. */
export function isCodeOf(code: string, compiled: CompiledCode): boolean {
  const { deployedBytecode, immutableReferences = {}, deployedLinkReferences } = compiled;
  const spans = [
    ...Object.values(immutableReferences).flat(),
    ...Object.values(deployedLinkReferences).flatMap((file) => Object.values(file).flat()),
  ];
  const masked = (hex: string): string => {
    let text = hex.slice(2).toLowerCase();
    for (const { start, length } of spans)
      text = text.slice(0, start * 2) + "0".repeat(length * 2) + text.slice((start + length) * 2);
    return text;
  };
  return masked(code) === masked(deployedBytecode);
}

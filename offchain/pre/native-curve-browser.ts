/** `native-curve.ts` for browsers, which load no native code. */
import type { NativeCurve } from "./native-curve.ts";

export const loadNativeCurve = (): NativeCurve | undefined => undefined;

import type { Preview } from "../device/preview.ts";
import { useSpeaking } from "../words/index.tsx";

/** How large a record and its parts are. */
export function Sizes({ parts, length }: { readonly parts: Preview; readonly length: number }) {
  const { say, language } = useSpeaking();
  const size = (bytes: number): string =>
    new Intl.NumberFormat(language, { style: "unit", unit: "kilobyte", maximumFractionDigits: 1 }).format(bytes / 1000);
  return (
    <p className="aside">
      {say("patient.sizes", {
        file: size(length),
        private: size(parts.private.bytes),
        public: size(parts.public.bytes),
      })}
    </p>
  );
}

import type { Feature, HeadFeature } from "./ehr-document.ts";

/** What D_head keeps of a feature, given the commitments of the private features by index. */
export function headFeature(feature: Feature, commitments: ReadonlyMap<number, Uint8Array>): HeadFeature {
  const commitment = commitments.get(feature.index);
  const isPublic = ([, { source }]: [string, { source?: number }]): boolean =>
    source === undefined || !commitments.has(source);
  const labels = Object.entries(feature.measure ?? {}).filter(isPublic);
  return {
    name: feature.name,
    ...(commitment && { commitment }),
    ...(feature.measure && { measure: Object.fromEntries(labels.map(([key, { text }]) => [key, text])) }),
  };
}

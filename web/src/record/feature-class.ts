/**
 * The kind of thing that a private feature is of, by its name: what a person would choose together. `Bundle.entry[3].resource.name[0].family`
 * and its neighbours are `name`; of a table it is the column.
 */
export function classOf(feature: string): string {
  if (feature.startsWith("bytes[")) return "bytes";
  const steps = feature.replaceAll(/\[\d+\]/g, "").split(".");
  const at = steps.indexOf("resource");
  if (steps[0] === "Bundle" && at > 0) return steps[at + 1] ?? feature;
  return steps[0] === "line" ? steps.slice(1, 3).join(".") : steps.slice(0, 2).join(".");
}

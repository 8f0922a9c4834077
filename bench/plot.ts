import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Plot } from "./report.ts";

/** A plot as SVG, drawn without a browser. */
export async function drawPlot(plot: Plot): Promise<string> {
  const view = new View(parse(compile(specificationOf(plot)).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

function specificationOf({ title, kind, x, y, points, log = [] }: Plot): TopLevelSpec {
  const scaleOf = (axis: "x" | "y") => (log.includes(axis) ? { scale: { type: "log" as const } } : {});
  const common = {
    title,
    data: { values: points.map((point) => ({ ...point })) },
    background: "white",
    width: kind === "bar" ? { step: 14 } : 560,
    height: 300,
  };
  const height = { field: "y", type: "quantitative" as const, title: y, ...scaleOf("y") };
  const colour = { field: "series", type: "nominal" as const, title: null, sort: null, legend: { labelLimit: 400 } };
  if (kind === "line") {
    return {
      ...common,
      mark: { type: "line", point: true },
      encoding: { x: { field: "x", type: "quantitative", title: x, ...scaleOf("x") }, y: height, color: colour },
    };
  }
  return {
    ...common,
    // A bar on a logarithmic axis has no foot at zero.
    mark: log.includes("y") ? { type: "point", filled: true, size: 60 } : "bar",
    encoding: {
      x: { field: "x", type: "nominal", title: x, sort: null, axis: { labelAngle: -30 } },
      xOffset: { field: "series", sort: null },
      y: height,
      color: colour,
    },
  };
}

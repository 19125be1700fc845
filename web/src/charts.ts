// Dashboards only: draws <figure data-chart> from the table inside it. The table stays, for everyone.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

echarts.use([BarChart, HeatmapChart, LineChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

interface Data {
  names: string[]; // one for each series or column
  labels: string[]; // one for each row
  values: (number | null)[][]; // by row, then series
}

/** Reads the figures out of a chart's table. */
function readTable(table: HTMLTableElement): Data {
  const text = (cell: Element) => (cell.textContent ?? "").trim();
  const rows = Array.from(table.tBodies[0].rows);
  return {
    names: Array.from(table.tHead?.rows[0].cells ?? []).slice(1).map(text),
    labels: rows.map((row) => text(row.cells[0])),
    values: rows.map((row) =>
      Array.from(row.cells).slice(1).map((cell) => (cell.dataset.v ? Number(cell.dataset.v) : null)),
    ),
  };
}

/** Reads the theme's colours where the figure stands. */
function palette(figure: Element) {
  const style = getComputedStyle(figure);
  const get = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: get("--ink-2"), line: get("--line"), surface: get("--surface"), font: style.fontFamily,
    series: [get("--brand"), get("--warn"), get("--held")],
    levels: [1, 2, 3, 4, 5].map((n) => get(`--level-${n}`)), onLevel: get("--on-level"),
  };
}

type Palette = ReturnType<typeof palette>;

function frame(colours: Palette) {
  return {
    textStyle: { color: colours.ink, fontFamily: colours.font },
    color: colours.series,
    aria: { enabled: true },
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    // The strict content policy forbids style attributes, which the default tooltip needs.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
  };
}

function legend(data: Data, colours: Palette) {
  return { show: data.names.length > 1, top: 0, textStyle: { color: colours.ink } };
}

/** Ends a percent axis at 100 when the values come near it. */
function percentEnd(v: { min: number; max: number }): number | undefined {
  return v.max + (v.max - v.min) * 0.25 >= 100 ? 100 : undefined;
}

function lineOption(data: Data, colours: Palette, figure: HTMLElement) {
  const { unit = "", goal, goalLabel } = figure.dataset;
  const level = goal && {
    silent: true, symbol: "none", data: [{ yAxis: Number(goal) }], lineStyle: { color: colours.ink, type: "dotted" },
    label: { formatter: goalLabel, position: "insideStartTop", color: colours.ink },
  };
  return {
    ...frame(colours), legend: legend(data, colours),
    grid: { left: 52, right: 16, top: 40, bottom: 32 },
    xAxis: { type: "category", data: data.labels, axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.ink } },
    yAxis: {
      type: "value", scale: true, max: unit === "%" ? percentEnd : undefined,
      splitLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.ink, formatter: `{value}${unit}` },
    },
    series: data.names.map((name, i) => ({
      name, type: "line", data: data.values.map((row) => row[i]), showAllSymbol: true,
      symbol: ["circle", "rect", "triangle"][i % 3], symbolSize: 7,
      lineStyle: { width: 2.25, type: ["solid", "dashed", "dotted"][i % 3] },
      markLine: i === 0 && level ? level : undefined,
    })),
  };
}

/** Bars lie, so that long names have room; they start at nought and carry their figures. */
function barOption(data: Data, colours: Palette, figure: HTMLElement) {
  const { unit = "" } = figure.dataset;
  return {
    ...frame(colours), legend: legend(data, colours),
    grid: { left: 8, right: 56, top: data.names.length > 1 ? 40 : 8, bottom: 8, containLabel: true },
    xAxis: { type: "value", show: false },
    yAxis: { type: "category", inverse: true, data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } }, axisLabel: { color: colours.ink } },
    series: data.names.map((name, i) => ({
      name, type: "bar", data: data.values.map((row) => row[i]), barMaxWidth: 22,
      label: { show: true, position: "right", color: colours.ink, formatter: `{c}${unit}` },
    })),
  };
}

function heatOption(data: Data, colours: Palette, figure: HTMLElement) {
  const { unit = "" } = figure.dataset;
  const cells = data.values.flatMap((row, y) => row.map((v, x) => [x, y, v ?? "-"]));
  return {
    ...frame(colours),
    tooltip: { renderMode: "richText", confine: true },
    grid: { left: 8, right: 8, top: 8, bottom: 56, containLabel: true },
    xAxis: { type: "category", data: data.names, axisLabel: { color: colours.ink } },
    yAxis: { type: "category", data: data.labels, inverse: true, axisLabel: { color: colours.ink } },
    visualMap: {
      ...range(data), calculable: true, orient: "horizontal", left: "center", bottom: 0,
      textStyle: { color: colours.ink }, inRange: { color: colours.levels },
    },
    series: [{
      type: "heatmap", data: cells, itemStyle: { borderColor: colours.surface, borderWidth: 2 },
      label: { show: true, color: colours.onLevel, formatter: `{@[2]}${unit}` },
    }],
  };
}

function range(data: Data): { min: number; max: number } {
  const all = data.values.flat().filter((v): v is number => v !== null);
  return all.length ? { min: Math.min(...all), max: Math.max(...all) } : { min: 0, max: 1 };
}

const options: Record<string, (data: Data, colours: Palette, figure: HTMLElement) => echarts.EChartsCoreOption> = {
  line: lineOption, bar: barOption, heatmap: heatOption,
};

function draw(figure: HTMLElement): void {
  const canvas = figure.querySelector<HTMLElement>(".chart-canvas");
  const table = figure.querySelector("table");
  if (!canvas || !table || table.tBodies[0].rows.length === 0) return;
  const details = figure.querySelector("details");
  if (details) details.open = false;
  figure.querySelector(".legend")?.remove();
  canvas.replaceChildren();
  canvas.classList.add("is-live");
  const chart = echarts.init(canvas, null, { renderer: "svg" });
  const option = options[figure.dataset.chart ?? ""] ?? lineOption;
  const paint = () => chart.setOption(option(readTable(table), palette(figure), figure), true);
  paint();
  new ResizeObserver(() => chart.resize()).observe(canvas);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

document.querySelectorAll<HTMLElement>("figure[data-chart]").forEach(draw);

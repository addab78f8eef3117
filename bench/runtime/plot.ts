/** One load: a bar for each shape, as a share of the first one, which is 1. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly greatest: number;
  /** The text beside the bar. */
  readonly text: string;
  readonly accent: boolean;
}

const width = 760;
const left = 150;
const right = 130;
const rowHeight = 24;
const barHeight = 14;
const panelHead = 40;
const top = 44;

/** A colour of each class: its attribute, in light and in dark. */
const colours = [
  ["text", "fill", "#1f2328", "#f0f6fc"],
  [".faint", "fill", "#59636e", "#9198a1"],
  [".paper", "fill", "#ffffff", "#151b23"],
  [".paper, .grid", "stroke", "#d1d9e0", "#3d444d"],
  [".bar", "fill", "#9aa4ae", "#656c76"],
  [".accent", "fill", "#0969da", "#4493f8"],
  [".spread", "stroke", "#1f2328", "#f0f6fc"],
] as const;

const rules = (theme: "light" | "dark") =>
  colours.map(
    ([which, attribute, light, dark]) => `${which} { ${attribute}: ${theme === "light" ? light : dark}; }`,
  );

// The picture has its own background, so that it can be read in any page; dark if the reader's system is dark. No custom
// properties: not every program that shows SVG knows them.
const style = [
  'text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }',
  ".title { font-weight: 600; }",
  ".faint { font-size: 12px; }",
  ".end { text-anchor: end; }",
  ".middle { text-anchor: middle; }",
  ".spread { stroke-width: 1.5; }",
  ...rules("light"),
  `@media (prefers-color-scheme: dark) { ${rules("dark").join(" ")} }`,
].join("\n");

/** Horizontal bars in SVG, a group for each panel, with a line from the least to the greatest value across each bar's end. */
export function plot(panels: readonly Panel[]): string {
  const greatest = Math.max(1, ...panels.flatMap(({ bars }) => bars.map((bar) => bar.greatest)));
  // Rounded up to the next quarter.
  const end = Math.ceil(greatest * 4) / 4;
  const x = (value: number) => round(left + (value / end) * (width - left - right));
  const parts: string[] = [];
  let y = top;
  for (const { title, bars } of panels) {
    parts.push(`<text class="title" x="16" y="${y + 22}">${escape(title)}</text>`);
    const first = y + panelHead - 6;
    const last = first + bars.length * rowHeight;
    for (let value = 0; value <= end; value += 0.25)
      parts.push(`<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${first}" y2="${last}"/>`);
    bars.forEach((bar, row) => parts.push(...drawBar(bar, first + row * rowHeight, x)));
    y = last;
  }
  const ticks: string[] = [];
  for (let value = 0; value <= end; value += 0.25)
    ticks.push(`<text class="faint middle" x="${x(value)}" y="${y + 18}">${value}</text>`);
  const height = y + 34;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>Requests a second, of those of nginx on the host</title>
<style>
${style}
</style>
<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
<text class="title" x="16" y="28">Requests a second, of those of nginx on the host</text>
<text class="faint end" x="${width - 16}" y="28">median; line: least to greatest</text>
${[...parts, ...ticks].join("\n")}
</svg>
`;
}

function drawBar(bar: Bar, y: number, x: (value: number) => number): string[] {
  const middle = y + rowHeight / 2;
  const base = middle + 4.5;
  return [
    `<text class="end" x="${left - 10}" y="${base}">${escape(bar.label)}</text>`,
    `<rect class="${bar.accent ? "accent" : "bar"}" x="${left}" y="${middle - barHeight / 2}" width="${round(x(bar.value) - left)}" height="${barHeight}"/>`,
    `<line class="spread" x1="${x(bar.least)}" x2="${x(bar.greatest)}" y1="${middle}" y2="${middle}"/>`,
    `<text class="end" x="${width - 60}" y="${base}">${escape(bar.text)}</text>`,
    `<text class="faint end" x="${width - 16}" y="${base}">${bar.value.toFixed(2)}</text>`,
  ];
}

const round = (value: number) => Math.round(value * 10) / 10;

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character] ?? character);

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bar, plot } from "../../bench/runtime/plot.ts";

const bar = (change: Partial<Bar> = {}): Bar => ({
  label: "host",
  value: 1,
  least: 0.9,
  greatest: 1,
  text: "1,000/s",
  accent: false,
  ...change,
});

const numbers = (svg: string, element: RegExp) =>
  [...svg.matchAll(element)].map(([, ...groups]) => groups.map(Number));

const bars = (svg: string) =>
  numbers(svg, /<rect class="(?:bar|accent)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g);

test("a bar is as long as its value, and its line goes from the least to the greatest", () => {
  const svg = plot([
    { title: "Page", bars: [bar(), bar({ value: 0.5, least: 0.25, greatest: 1, accent: true })] },
  ]);
  // Bars begin at 150, and the length of 1 is 480.
  assert.deepEqual(bars(svg), [
    [150, 480],
    [150, 240],
  ]);
  assert.deepEqual(numbers(svg, /class="spread" x1="([\d.]+)" x2="([\d.]+)"/g), [
    [582, 630],
    [270, 630],
  ]);
  assert.equal(svg.match(/class="accent"/g)?.length, 1);
  assert.match(svg, />1,000\/s<\/text>\n<text [^>]*>0\.50<\/text>/);
});

test("the scale goes to the next quarter above the greatest value", () => {
  const svg = plot([{ title: "Page", bars: [bar({ value: 1.2, greatest: 1.3 })] }]);
  const ticks = [...svg.matchAll(/class="faint middle" x="([\d.]+)" [^>]*>([\d.]+)</g)];
  assert.deepEqual(
    ticks.map(([, , value]) => value),
    ["0", "0.25", "0.5", "0.75", "1", "1.25", "1.5"],
  );
  assert.equal(ticks.at(-1)?.[1], "630");
});

test("nothing is drawn outside or over the next panel", () => {
  const panel = { title: "Page", bars: [bar(), bar(), bar()] };
  const svg = plot([panel, panel]);
  const height = Number(svg.match(/viewBox="0 0 760 (\d+)"/)?.[1]);
  const rows = numbers(svg, /<rect class="bar" x="[\d.]+" y="([\d.]+)"/g).flat();
  assert.equal(rows.length, 6);
  assert.deepEqual(
    rows,
    rows.toSorted((left, right) => left - right),
  );
  assert.ok(rows.every((y, at) => at === 0 || y - (rows[at - 1] ?? 0) >= 24));
  assert.ok((rows.at(-1) ?? Infinity) < height);
});

test("text is text", () => {
  const svg = plot([{ title: 'a <b> & "c"', bars: [bar({ label: "<script>" })] }]);
  assert.match(svg, />a &lt;b&gt; &amp; &quot;c&quot;</);
  assert.doesNotMatch(svg, /<script>/);
});

test("each colour has another one where the reader's system is dark", () => {
  const svg = plot([{ title: "Page", bars: [bar()] }]);
  const [light = "", dark = ""] = svg.split("@media (prefers-color-scheme: dark)");
  const colours = (style: string) =>
    new Map(
      [...style.matchAll(/([\w., ]+) \{ (fill|stroke): (#\w{6}); \}/g)].map(([, which, what, colour]) => [
        `${which?.trim()} ${what}`,
        colour,
      ]),
    );
  const inDark = colours(dark);
  assert.deepEqual([...colours(light).keys()], [...inDark.keys()]);
  assert.ok(inDark.has(".paper fill"));
  for (const [which, colour] of colours(light)) assert.notEqual(colour, inDark.get(which), which);
});

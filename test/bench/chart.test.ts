import { about, cpuResult, growthResult, titles } from "./results.ts";

const { chart } = await import(new URL("../../bench/chart/chart.mjs", import.meta.url).href);

const usual = { virtloss: [13, 14, 19], fping: [27, 30, 44], floor: [9, 9.5, 11], smokeping: [41, 43, 55] };
const everything = {
  about,
  titles,
  parts: { cpu: cpuResult({ ...usual, fpingBursts: [11, 11, 12] }), growth: growthResult([14, 13, 12, 11]) },
};

interface Box {
  readonly content: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where each text of the chart stands, taken to be as wide as a wide font makes it. */
function textBoxes(svg: string): Box[] {
  const boxes: Box[] = [];
  const shifts: { x: number; y: number }[] = [];
  for (const [tag, name, attributes = "", content = ""] of svg.matchAll(/<(\/?\w+)([^>]*)>([^<]*)/g)) {
    const number = (key: string) => Number(attributes.match(new RegExp(` ${key}="([-\\d.]+)"`))?.[1] ?? 0);
    if (name === "g") {
      const [x = 0, y = 0] = (tag.match(/translate\(([^)]*)\)/)?.[1] ?? "0 0").split(" ").map(Number);
      shifts.push({ x, y });
    } else if (name === "/g") shifts.pop();
    else if (name === "text") {
      const size = attributes.includes('class="title"') ? 16 : 13;
      const width = content.length * size * 0.6;
      const x = number("x") + shifts.reduce((sum, shift) => sum + shift.x, 0);
      const y = number("y") + shifts.reduce((sum, shift) => sum + shift.y, 0);
      const anchor = attributes.match(/text-anchor="(\w+)"/)?.[1];
      const left = anchor === "end" ? x - width : anchor === "middle" ? x - width / 2 : x;
      boxes.push({ content, left, right: left + width, top: y - size * 0.8, bottom: y + size * 0.2 });
    }
  }
  return boxes;
}

function overlaps(boxes: readonly Box[]): string[] {
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => `"${a.content}" and "${b.content}"`),
  );
}

test.each([
  ["usual results", everything],
  ["a single turn", { ...everything, parts: { cpu: cpuResult({ virtloss: [13], fping: [27] }) } }],
  [
    "costs far apart",
    { ...everything, parts: { cpu: cpuResult({ virtloss: [0.4, 90], smokeping: [11_000, 12_000] }) } },
  ],
  ["costs that are all the same", { ...everything, parts: { growth: growthResult([10, 10, 10, 10]) } }],
  ["growth over three decades", { ...everything, parts: { growth: growthResult([4000, 300, 40, 9]) } }],
  ["peers that did not keep the rate", { ...everything, parts: { cpu: cpuResult(usual, 0.55) } }],
])("texts neither overlap nor leave the picture: %s", (_, results) => {
  const svg: string = chart(results);
  const [, width = 0, height = 0] = (svg.match(/viewBox="0 0 (\d+) (\d+)"/) ?? []).map(Number);
  const boxes = textBoxes(svg);

  expect(boxes.length).toBeGreaterThan(10);
  expect(overlaps(boxes)).toEqual([]);
  expect(boxes.filter(({ left, right, bottom }) => left < 0 || right > width || bottom > height)).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("the dots stand in the order of the costs, on one scale for all loads", () => {
  const svg: string = chart({ ...everything, parts: { cpu: cpuResult(usual) } });

  const dots = [...svg.matchAll(/<circle cx="([\d.]+)"[^>]*><title>([^:]*)/g)].map(([, x, title]) => ({
    x: Number(x),
    title,
  }));
  const inOrder = [...dots.slice(0, 4)].sort((a, b) => a.x - b.x).map(({ title }) => title);

  expect(inOrder).toEqual(["C floor", "virtloss", "fping 5.1", "smokeping_prober 0.6.1"]);
  expect(dots.slice(4, 8)).toEqual(dots.slice(0, 4));
});

test("somebody who cannot see it is told the same figures", () => {
  const svg: string = chart(everything);

  expect(svg).toContain('role="img" aria-labelledby="title description"');
  expect(svg.match(/<desc id="description">(.*?)<\/desc>/)?.[1]).toContain(
    "CPU per probe at 1,000 targets x 10/s in microseconds: virtloss 14.0, fping 5.1 30.0, fping 5.1 in bursts 11.0, " +
      "C floor 9.50, smokeping_prober 0.6.1 43.0.",
  );
});

test("it has colours for light and for dark pages", () => {
  expect(chart(everything)).toContain("@media (prefers-color-scheme: dark)");
});

test("titles with characters that mean something in SVG are written as text", () => {
  const svg: string = chart({ ...everything, titles: { virtloss: 'a <b> & "c"' } });

  expect(svg).toContain(">a &lt;b&gt; &amp; &quot;c&quot;</text>");
});

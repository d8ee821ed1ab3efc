import { mkdir, readFile, stat } from "node:fs/promises";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { StatusView } from "../../../src/http/page/view.ts";
import { axeViolations, launchChromium } from "../browser.ts";
import { type Serving, serveParts } from "../serving.ts";
import { firstStart, hostile, pathView, troubledGuest } from "./views.ts";

const PICTURES = ".cache/pictures";
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true };
const DESK: BrowserContextOptions = { viewport: { width: 1100, height: 800 } };

let browser: Browser;
let serving: Serving | undefined;

beforeAll(async () => {
  await mkdir(PICTURES, { recursive: true });
  browser = await launchChromium();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await serving?.close(100);
});

afterAll(() => browser.close());

/** The page as a browser shows it, with all that it complained of. */
async function show(
  view: StatusView,
  options: BrowserContextOptions = DESK,
): Promise<{ page: Page; complaints: string[] }> {
  serving = await serveParts({ status: () => view });
  const page = await (await browser.newContext(options)).newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (err) => complaints.push(err.message));
  page.on("requestfailed", (req) => complaints.push(req.url()));
  await page.goto(serving.url);
  return { page, complaints };
}

function fitsWidth(page: Page): Promise<boolean> {
  return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth");
}

describe.each([
  ["a troubled guest", troubledGuest],
  ["a first start", firstStart],
  ["hostile names", hostile],
  ["nothing at all", { ...troubledGuest, paths: [], collectors: [] }],
])("%s", (name, view) => {
  test.each([
    ["light", { ...DESK, colorScheme: "light" }],
    ["dark", { ...DESK, colorScheme: "dark" }],
    ["telephone", { ...PHONE, colorScheme: "light" }],
    ["telephone-dark", { ...PHONE, colorScheme: "dark" }],
  ] as const)("is accessible and fits, %s", async (look, options) => {
    const { page, complaints } = await show(view, options);

    expect(await axeViolations(page)).toEqual([]);
    expect(await fitsWidth(page)).toBe(true);
    expect(complaints).toEqual([]);
    await page.screenshot({ path: `${PICTURES}/${name.replaceAll(" ", "-")}-${look}.png`, fullPage: true });
  });
});

test("hostile names are shown as text and run nothing", async () => {
  const { page } = await show(hostile);

  expect(await page.title()).toMatch(/^virtloss on "><script>/);
  expect(await page.locator("script, img").count()).toBe(0);
  expect(await page.locator(".path h3").first().textContent()).toContain("<script>");
});

test("the worst path comes first and total loss is the loudest", async () => {
  const { page } = await show(troubledGuest);

  const names = await page.locator(".path h3").allTextContents();
  const loud = await page.evaluate<string[]>(
    "[...document.querySelectorAll('.path')].map((card) => getComputedStyle(card).backgroundColor)",
  );

  expect(names).toEqual(["backup", "internet", "storage", "gateway", "new-cache", "db", "loopback"]);
  expect(loud[0]).toBe("rgb(165, 14, 31)");
  expect(loud.slice(1)).not.toContain("rgb(165, 14, 31)");
  expect(await page.locator(".verdict").textContent()).toBe("1 of 7 paths is down: nothing comes back.");
});

test("a path without loss shows what its sample can rule out, and one without packets no number", async () => {
  const { page } = await show(troubledGuest);
  const card = (name: string) => page.locator(".path", { has: page.getByRole("heading", { name, exact: true }) });

  const loopback = await card("loopback").locator(".loss").textContent();
  const fresh = await card("new-cache").textContent();
  const internet = await card("internet").locator(".loss").textContent();

  expect(loopback).toContain("0 to 6 %");
  expect(loopback).toContain("0 of 60 lost in 3 s");
  expect(loopback).not.toContain("no loss");
  expect(fresh).toContain("not measured");
  expect(fresh).not.toMatch(/\d %/);
  expect(internet).toContain("1.2 %");
  expect(internet).toContain("95 % interval 0.95 to 1.5 %");
  expect(internet).toContain("72 of 6,000 lost in 5 min, 14 void");
});

test("every state has a word and a shape of its own", async () => {
  const { page } = await show(troubledGuest);

  const badges = await page
    .locator(".path .badge")
    .evaluateAll((all) => all.map((badge) => [badge.textContent, badge.querySelector("svg")?.innerHTML]));
  const unlike = new Map(badges.map(([word, shape]) => [word, shape]));

  expect([...unlike.keys()].sort()).toEqual(["cannot probe", "degraded", "down", "losing packets", "no data", "ok"]);
  expect(new Set(unlike.values()).size).toBe(6);
});

test("the page renews itself until it is told to hold still", async () => {
  const { page } = await show(firstStart);
  const url = page.url();

  const refresh = (await fetch(url)).headers.get("refresh");
  await page.getByRole("link", { name: "Hold still" }).click();
  const held = (await fetch(page.url())).headers.get("refresh");

  expect(refresh).toBe("15");
  expect(held).toBeNull();
  expect(await page.getByRole("link", { name: "Renew by itself" }).count()).toBe(1);
});

test("seven hundred paths come a hundred at a time, worst first", async () => {
  const paths = Array.from({ length: 700 }, (_, i) =>
    pathView(`path-${String(i).padStart(3, "0")}`, 1_000, i === 654 ? 9 : 0),
  );
  const { page } = await show({ ...troubledGuest, paths });

  expect(await page.locator(".path").count()).toBe(100);
  expect(await page.locator(".path h3").first().textContent()).toBe("path-654");
  expect(await page.locator(".verdict").textContent()).toBe("1 of 700 paths is losing packets.");
  await page.getByRole("link", { name: "More paths" }).click();
  expect(await page.locator("nav").textContent()).toContain("Page 2 of 7");

  for (const odd of ["0", "-1", "1e9", "999999", "%22%3E%3Cscript%3E", "../"]) {
    const res = await fetch(`${serving?.url}/?page=${odd}`);
    expect(res.status).toBe(200);
    expect(await res.text()).not.toContain("<script");
  }
});

test("the picture in the README is of this page and small", async () => {
  const picture = "docs/status-page.png";
  if (process.env["UPDATE_PICTURES"] === "1") {
    const { page } = await show(troubledGuest, { viewport: { width: 1000, height: 940 }, colorScheme: "light" });
    await page.screenshot({ path: picture });
  }

  expect((await stat(picture)).size).toBeLessThan(150_000);
  expect(await readFile("README.md", "utf8")).toContain(`](${picture})`);
});

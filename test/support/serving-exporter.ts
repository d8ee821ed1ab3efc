import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type Namespace, program } from "./lab.ts";
import { EXPORTER, eventually } from "./servers.ts";

/** One answer of /metrics. */
export interface Scrape {
  readonly text: string;
  /** Value of the one series with these labels; undefined where there is none. @throws Error where there are several */
  value(name: string, labels?: Labels): number | undefined;
  /** Sum over all series with these labels; 0 where there is none. */
  sum(name: string, labels?: Labels): number;
}

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** A running `virtloss serve` in a namespace, asked by curl from inside. */
export interface ServingExporter {
  readonly child: ChildProcess;
  /** What it logged so far: JSON lines. */
  log(): string;
  get(path: string, ...curlArguments: string[]): Promise<string>;
  scrape(): Promise<Scrape>;
  /** Scrapes until `holds` does. @throws Error with `what` after the deadline */
  until(what: string, seconds: number, holds: (scrape: Scrape) => boolean): Promise<Scrape>;
  /** Asks it to end. @returns its exit code, and how long it took */
  stop(): Promise<{ readonly code: number | null; readonly seconds: number }>;
}

/**
 * Starts it and waits until it answers.
 * @param args of `serve`
 * @param prefix command that it runs under, such as setpriv; it must become the exporter by exec
 */
export async function startExporter(
  where: Namespace,
  args: readonly string[],
  prefix: readonly string[] = [],
  file = program,
): Promise<ServingExporter> {
  const child = where.spawn([...prefix, process.execPath, file, "serve", ...args]);
  let log = "";
  child.stdout?.resume();
  child.stderr?.on("data", (data: Buffer) => {
    log += data;
  });
  const ended = once(child, "close");

  const exporter: ServingExporter = {
    child,
    log: () => log,
    async get(path, ...curlArguments) {
      const { stdout, stderr, code } = await where.run("curl", "-sS", ...curlArguments, `${EXPORTER}${path}`);
      if (code !== 0) throw new Error(`${path}: ${stderr}${log}`);
      return stdout;
    },
    scrape: async () => readScrape(await exporter.get("/metrics", "-f")),
    until: (what, seconds, holds) =>
      eventually(what, seconds, async () => {
        const scrape = await exporter.scrape();
        return holds(scrape) ? scrape : undefined;
      }),
    async stop() {
      const from = performance.now();
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
      const [code] = await ended;
      clearTimeout(late);
      return { code, seconds: (performance.now() - from) / 1000 };
    },
  };
  await eventually("an answer of the exporter", 15, () => exporter.get("/-/healthy")).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw new Error(`${String(error)}\n${log}`);
  });
  return exporter;
}

export function readScrape(text: string): Scrape {
  const series = text.split("\n").flatMap((line): Series[] => {
    const [, name = "", labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return value === undefined ? [] : [{ name, labels: readLabels(labels), value: Number(value) }];
  });
  const matching = (name: string, labels: Labels) =>
    series.filter(
      (one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
    );
  return {
    text,
    value(name, labels = {}) {
      const found = matching(name, labels);
      if (found.length > 1) throw new Error(`${found.length} series ${name} with ${JSON.stringify(labels)}`);
      return found[0]?.value;
    },
    sum: (name, labels = {}) => matching(name, labels).reduce((total, { value }) => total + value, 0),
  };
}

function readLabels(text: string): Labels {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
}

/** What must hold in every scrape, for each path: each attempt has a verdict, is void, or is in flight. */
export function expectScrapeToBalance(scrape: Scrape, path: string): void {
  const of = (name: string) => scrape.sum(`virtloss_probe_${name}`, { path });
  expect(of("packets_total") + of("void_packets_total") + of("in_flight_packets")).toBe(of("sent_packets_total"));
  expect(of("received_packets_total") + of("lost_packets_total")).toBe(of("packets_total"));
}

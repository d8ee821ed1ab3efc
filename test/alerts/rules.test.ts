import { execFile, execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parse } from "yaml";
import { exporterRunbooks, renderRules } from "../../alerts/rules/render.ts";
import { defaultThresholds } from "../../src/analysis/thresholds.ts";
import { alerts, allRules, labelsOfSeries, resultLabels, selectors, syntaxErrors } from "./promql.ts";

const testFiles = readdirSync("alerts/tests").map((name) => `alerts/tests/${name}`);
const alertNames = [...new Set(alerts.map(({ alert }) => alert))].sort();

interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
}

interface PromtoolTests {
  readonly tests: readonly { readonly alert_rule_test?: readonly AlertTest[] }[];
}

const alertTests = testFiles
  .flatMap((file) => (parse(readFileSync(file, "utf8")) as PromtoolTests).tests)
  .flatMap((test) => test.alert_rule_test ?? []);

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error) throw error;
  return status === 0 ? "passed" : `${stdout}${stderr}`;
}

/** The same, while others run. */
function runBeside(command: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, (_, stdout, stderr) =>
      resolve(child.exitCode === 0 ? "passed" : `${stdout}${stderr}`),
    );
    child.on("error", reject);
  });
}

test("promtool finds no fault in the rules, not even with all lints", () => {
  expect(run("promtool", "check", "rules", "--lint=all", "--lint-fatal", "alerts/virtloss.rules.yaml")).toBe("passed");
});

describe("promtool's tests", () => {
  const outcome = new Map<string, string>();

  // A process uses one CPU, and each evaluates all rules at all instants.
  beforeAll(async () => {
    const waiting = [...testFiles];
    const lane = async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        outcome.set(file, await runBeside("promtool", "test", "rules", file));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, lane));
  }, 240_000);

  test.each(testFiles)("those of %s pass", (file) => {
    expect(outcome.get(file)).toBe("passed");
  });
});

test("amtool accepts the example for Alertmanager", () => {
  expect(run("amtool", "check-config", "alerts/alertmanager.example.yaml")).toBe("passed");
});

test.each([
  ["pager", "alertname=VirtlossPathDown", "severity=critical", "path=db"],
  ["team", "alertname=VirtlossPathLoss", "severity=warning", "path=db"],
  ["nobody", "alertname=VirtlossSoftirqImbalance", "severity=info"],
])("the example sends to %s what has %s and %s", (receiver, ...labels) => {
  const args = ["config", "routes", "test", "--config.file=alerts/alertmanager.example.yaml", ...labels];

  expect(execFileSync("amtool", args, { encoding: "utf8" }).trim()).toBe(receiver);
});

test.each(allRules.map((rule) => ["alert" in rule ? rule.alert : rule.record, rule.expr]))(
  "Prometheus' grammar understands %s",
  (_, expr) => {
    expect(syntaxErrors(expr)).toEqual([]);
  },
);

test.each(allRules.map((rule) => ["alert" in rule ? rule.alert : rule.record, rule.expr]))(
  "%s reads only series that exist, and matches only labels that they have",
  (_, expr) => {
    const unknown = selectors(expr).flatMap(({ name, labels }) => {
      const known = labelsOfSeries(name);
      return known ? labels.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`) : [name];
    });

    expect(unknown).toEqual([]);
  },
);

test.each(alerts.map((rule) => [`${rule.alert} (${rule.reason ?? rule.severity})`, rule] as const))(
  "the text of %s names only labels that the expression returns",
  (_, rule) => {
    const returned = [...resultLabels(rule.expr), "severity", ...(rule.reason ? ["reason"] : [])];
    const named = [...`${rule.summary} ${rule.description}`.matchAll(/\$labels\.(\w+)/g)].map(
      (match) => match[1] ?? "",
    );

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((label) => !returned.includes(label))).toEqual([]);
  },
);

test("every rule of every alert is seen to fire in a test of promtool", () => {
  const fired = alertTests.flatMap(({ alertname, exp_alerts }) =>
    exp_alerts.map(({ exp_labels }) => [alertname, exp_labels["severity"], exp_labels["reason"]].join(" ").trim()),
  );
  const missing = alerts
    .map(({ alert, severity, reason }) => [alert, severity, reason].join(" ").trim())
    .filter((rule) => !fired.some((seen) => seen === rule || seen.startsWith(`${rule} `)));

  expect(missing).toEqual([]);
});

test("every alert is seen not to fire in a test of promtool", () => {
  const quiet = new Set(
    alertTests.filter(({ exp_alerts }) => exp_alerts.length === 0).map(({ alertname }) => alertname),
  );

  expect([...quiet].sort()).toEqual(alertNames);
});

describe("runbooks", () => {
  test("there is one for each alert and none without", () => {
    expect(readdirSync("alerts/runbooks").sort()).toEqual(alertNames.map((name) => `${name}.md`));
  });

  test.each(alertNames)("that of %s says all that one needs at 3 am", (alert) => {
    const text = readFileSync(`alerts/runbooks/${alert}.md`, "utf8");
    const sections = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    const diagnosis = text.slice(text.indexOf("## Diagnosis"), text.indexOf("## Mitigation"));

    expect(text.startsWith(`# ${alert}\n`)).toBe(true);
    expect(sections).toEqual(["Meaning", "Impact", "Diagnosis", "Mitigation", "False alarms"]);
    expect(diagnosis).toMatch(/^( {4,}|```sh\n| +```sh\n +)\w/m);
  });

  test("a site's own address takes the place of the exporter's", () => {
    const text = renderRules({ thresholds: defaultThresholds, runbooks: "https://wiki.example/virtloss" });

    expect(text).toContain("runbook_url: https://wiki.example/virtloss/VirtlossExporterDown");
    expect(text).not.toContain(exporterRunbooks);
  });
});

test("configured thresholds reach expressions, texts and the record of the rules' own thresholds", () => {
  const text = renderRules({ thresholds: { ...defaultThresholds, lossRatio: 0.0023 }, runbooks: exporterRunbooks });

  expect(text).toContain('path:virtloss_loss_warning:lower_rate5m{scope!="control"} > 0.0023');
  expect(text).toContain("Warns above 0.23%.");
  expect(text).toContain("expr: vector(0.0023)");
});

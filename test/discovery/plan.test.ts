import { renderPlan } from "../../src/commands/check.ts";
import { load } from "../config/load-text.ts";

test("check shows what would be asked for more paths, without asking and without what a URL hides", async () => {
  const config = await load(`
path_urls:
  - http://sd.invalid/paths?token=s3cret
  - {url: "https://sd.invalid/", name: net, refresh: 5m}
path_names:
  - {name: db.invalid, scope: colocated}
  - {name: _v._udp.invalid, type: SRV, scope: external, refresh: 1m}
`);

  const plan = renderPlan("c.yaml", config);

  expect(plan.split("\n").filter((line) => line.startsWith("more paths"))).toEqual([
    "more paths from http://sd.invalid/paths, over HTTP every 60 s",
    "more paths from net, over HTTP every 300 s",
    "more paths from db.invalid address records, in DNS every 30 s: paths db.invalid/ADDRESS, scope colocated",
    "more paths from _v._udp.invalid SRV records, in DNS every 60 s: paths _v._udp.invalid/TARGET:PORT, scope external",
  ]);
  expect(plan).toContain("0 paths, 0 packets/s");
  expect(plan).not.toContain("s3cret");
});

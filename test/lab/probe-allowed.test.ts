import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bypasses, forbiddenNames } from "../support/bypasses.ts";
import { inputRules, TARGET, TARGET6 } from "../support/lab.ts";
import { useProbeBench } from "../support/probe-bench.ts";
import { EXPORTER } from "../support/servers.ts";

const bench = useProbeBench();

/** Answers for names of the exporter, which finds this server in a resolv.conf that only it sees. @returns its prefix */
async function startNames(names: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
  const script = fileURLToPath(new URL("../support/dns.mjs", import.meta.url));
  const child = bench.wire.prober.spawn([process.execPath, script, JSON.stringify(names)]);
  bench.ends.push(() => child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  const resolvConf = join(bench.directory, "resolv.conf");
  writeFileSync(resolvConf, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
  return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolvConf];
}

/** What leaves by the bench.wire, and every probe over loopback; neighbour discovery is the kernel's own. */
const everyProbe = `table inet out {
  chain output {
    type filter hook output priority 0
    oifname != "lo" meta l4proto != ipv6-icmp counter comment "bench.wire"
    icmpv6 type echo-request counter comment "echo6"
    oifname "lo" icmp type echo-request counter comment "loopback"
    oifname "lo" udp dport 862 counter comment "stamp"
  }
}
`;

async function probesSent(): Promise<number[]> {
  return Promise.all(["bench.wire", "echo6", "loopback", "stamp"].map((rule) => bench.wire.prober.counted(rule)));
}

test("is off until networks are allowed", async () => {
  await bench.serve("paths: []\nprobe: {concurrency: 2}\n");

  expect(await bench.exporter.ask(`target=${TARGET}`)).toEqual({
    status: 404,
    body: expect.stringContaining("probe: {allow: [10.0.0.0/8]}"),
  });
  expect(await bench.exporter.get("/probe/history")).toContain("is off");
});

test("none of three hundred spellings and names of forbidden addresses sends a packet", async () => {
  // There is a way to everywhere, so that only the refusal keeps packets in.
  await bench.wire.prober.sh(`ip route add default via ${TARGET}; ip -6 route add default via ${TARGET6}`);
  const prefix = await startNames(forbiddenNames);
  await bench.serve(
    "paths: []\nprobe: {allow: [10.77.0.2/32, fd77::2/128, 64:ff9b::/96, 2002::/16, 2001::/32]}\n",
    prefix,
  );
  await bench.wire.prober.nft(everyProbe);
  const queries = bypasses.flatMap((target) => [`target=${target}`, `target=${target}&module=stamp`]);
  const urls = join(bench.directory, "urls");
  writeFileSync(
    urls,
    queries.map((query) => `url = "${EXPORTER}/probe?${query.replaceAll(" ", "+")}"\noutput = /dev/null\n`).join(""),
  );

  const { stdout } = await bench.wire.prober.run("curl", "-sS", "-g", "-w", "%{http_code} ", "--config", urls);

  const statuses = stdout.trim().split(" ").map(Number);
  expect(statuses).toHaveLength(queries.length);
  expect(queries.filter((_, i) => statuses[i] !== 400 && statuses[i] !== 403)).toEqual([]);
  expect(bypasses.length).toBeGreaterThan(300);
  expect(await probesSent()).toEqual([0, 0, 0, 0]);
  // The rules can count, and the exporter would have sent.
  expect((await bench.exporter.probe(`target=${TARGET}`)).value("virtloss_probe_run_packets")).toBe(100);
  expect(await probesSent()).toEqual([100, 0, 0, 0]);
}, 60_000);

test("a name is looked up once: a second answer with another address moves no packet", async () => {
  const prefix = await startNames({ "rebinding.test": [TARGET, "10.77.0.3", "10.77.0.3"] });
  await bench.serve("paths: []\nprobe: {allow: [10.77.0.2/32], modules: {icmp: {count: 50, rate: 100}}}\n", prefix);
  await bench.wire.prober.nft(everyProbe);
  await bench.wire.target.nft(inputRules('icmp type echo-request counter comment "arrived"'));

  const first = await bench.exporter.probe("target=rebinding.test");

  expect(first.value("virtloss_probe_path_info", { address: TARGET })).toBe(1);
  expect(first.value("virtloss_probe_run_packets")).toBe(50);
  expect((await bench.exporter.ask("target=rebinding.test")).status).toBe(403);
  expect(await probesSent()).toEqual([50, 0, 0, 0]);
  expect(await bench.wire.target.counted("arrived")).toBe(50);
});

test("a name without an address is a failed run, not a failed scrape", async () => {
  const prefix = await startNames({});
  await bench.serve("paths: []\nprobe: {allow: [10.77.0.0/24]}\n", prefix);

  const answer = await bench.exporter.probe("target=no-such-name.test");

  expect(answer.value("probe_success")).toBe(0);
  expect(answer.value("virtloss_probe_path_failed", { reason: "unresolved" })).toBe(1);
  expect(answer.value("virtloss_probe_sent_packets_total")).toBe(0);
});

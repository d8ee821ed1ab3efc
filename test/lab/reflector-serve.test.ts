import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtModule, createWire, program, run, TARGET, type Wire } from "../support/lab.ts";
import { startPeer, startReflect } from "../support/reflecting.ts";
import { startExporter } from "../support/serving-exporter.ts";
import { KEY, stampReply, stampRequest } from "../support/stamp.ts";

const folder = mkdtempSync(join(tmpdir(), "virtloss-reflector-"));
const config = join(folder, "virtloss.yaml");
afterAll(() => rmSync(folder, { recursive: true }));

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

test("serve answers where a reflector is configured, counts on /metrics, and shows no character of a key", async () => {
  writeFileSync(join(folder, "stamp.keys"), `${KEY}\n`);
  writeFileSync(config, "paths: []\nreflector: {allow: [10.77.0.0/24], key_file: stamp.keys}\n");
  const exporter = await startExporter(wire.target, ["--config", config]);
  const peer = await startPeer(wire.prober, "10.77.0.1", 5000);

  peer.send(TARGET, 862, stampRequest(1));
  for (const sequence of [2, 3]) peer.send(TARGET, 862, stampRequest(sequence, { mode: "authenticated" }));
  const replies = await peer.receive(2);
  const scrape = await exporter.until("both replies", 5, (s) => s.sum("virtloss_reflector_replies_total") === 2);
  await peer.end();
  const { code } = await exporter.stop();

  expect(replies.map(({ bytes }) => stampReply(bytes, "authenticated").sequence)).toEqual([0, 1]);
  expect(scrape.value("virtloss_reflector_sessions")).toBe(1);
  expect(scrape.value("virtloss_reflector_rejected_packets_total", { reason: "authentication" })).toBe(1);
  expect(scrape.value("virtloss_reflector_rejected_packets_total", { reason: "not_allowed" })).toBe(0);
  expect(scrape.value("virtloss_reflector_socket_drops_total")).toBe(0);
  expect(code).toBe(0);
  expect(exporter.log()).toContain('"listens":":862","authenticated":true');
  expect(`${scrape.text}${exporter.log()}`).not.toContain(KEY.slice(0, 8));
});

test("without the section there is neither a socket nor a series; with a port in use serve ends with 3", async () => {
  writeFileSync(config, "paths: []\n");
  const exporter = await startExporter(wire.target, ["--config", config]);
  const sockets = await wire.target.sh("ss -Hulnp");
  const scrape = await exporter.scrape();
  await exporter.stop();
  writeFileSync(config, "paths: []\nreflector: {}\n");
  const reflect = await startReflect(wire.target, []);
  const { code, stderr } = await wire.target.run(process.execPath, program, "serve", "--config", config);
  await reflect.stop();

  expect(sockets).not.toContain(":862");
  expect(scrape.text).not.toContain("virtloss_reflector");
  expect(code).toBe(3);
  expect(stderr).toContain("reflector: cannot listen on UDP port 862: EADDRINUSE");
});

test("check says for whom the reflector would answer", async () => {
  writeFileSync(config, 'paths: []\nreflector: {listen: "10.0.0.5:862", allow: [10.0.0.0/8, "fd00::/8"]}\n');

  const { stdout } = await run(process.execPath, [program, "check", "--config", config]);

  expect(stdout).toContain("answers STAMP on 10.0.0.5:862, plain, for 10.0.0.0/8 fd00::/8\n");
});

test("a worker that dies is started again on the same port; sessions begin anew, counts go on", async () => {
  const script = fileURLToPath(new URL("../support/dying-reflector.mjs", import.meta.url));
  const [file, args] = wire.target.command(process.execPath, script, builtModule("src/reflector/reflector.js"));

  const { code, stdout, stderr } = await run(file, args);

  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ before: [0, 1, 2], after: [0, 1], died: 1, replies: [3, 5] });
});

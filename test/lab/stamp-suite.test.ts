import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createWire, inputRules, TARGET, TARGET6, type Wire } from "../support/lab.ts";
import { probe } from "../support/probing.ts";
import { startReflect } from "../support/reflecting.ts";
import { KEY } from "../support/stamp.ts";

/** Another implementation of RFC 8762 and 8972; `npm test` puts it there. */
const stampSuite = fileURLToPath(new URL("../../.cache/tools/bin/stamp-suite", import.meta.url));
const keyFile = join(tmpdir(), `virtloss-stamp-suite-${process.pid}.key`);

let wire: Wire;
beforeAll(async () => {
  if (!existsSync(stampSuite)) throw new Error("stamp-suite is missing: run npm test once, which installs it");
  await writeFile(keyFile, `${KEY}\n`);
});
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

/** What stamp-suite says at its end, as far as we ask. */
interface SenderReport {
  readonly packets_sent: number;
  readonly packets_received: number;
  readonly measurements: {
    readonly tlv_validation: {
      readonly rejected_replies: number;
      readonly hmac: { readonly verified: number; readonly failed: number };
      readonly flags: Readonly<Record<"unrecognized" | "malformed" | "integrity_failed", number>>;
    };
    readonly duplicate_replies: number;
    readonly unknown_replies: number;
    readonly reordered_replies: number;
    /** The other end's own number of its last reply. */
    readonly last_reflector_sequence: number | null;
    readonly independent_sequence_observations: number;
  };
}

async function sendWithStampSuite(args: readonly string[]): Promise<SenderReport> {
  const { code, stdout, stderr } = await wire.prober.run(
    stampSuite,
    ...["-c", "100", "-d", "3", "-L", "1", "--output-format", "json", ...args],
  );
  if (code !== 0) throw new Error(`stamp-suite: exit ${code}\n${stderr}`);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as SenderReport;
}

describe("stamp-suite sends, virtloss reflects", () => {
  const allow = ["--allow", "10.77.0.0/24", "--allow", "fd77::/64"];
  const authenticated = ["-A", "A", "--hmac-key", KEY];

  test.each([
    ["plain over IPv4", ["-r", TARGET, "-S", "10.77.0.1"], []],
    ["plain over IPv6 with padding", ["-r", TARGET6, "-S", "fd77::1", "--extra-padding", "400"], []],
    ["authenticated over IPv4", ["-r", TARGET, "-S", "10.77.0.1", ...authenticated], ["--key-file", keyFile]],
    ["authenticated over IPv6", ["-r", TARGET6, "-S", "fd77::1", ...authenticated], ["--key-file", keyFile]],
  ])("%s: every packet is answered in its session", async (_, sender, reflector) => {
    const reflect = await startReflect(wire.target, [...allow, ...reflector]);

    const report = await sendWithStampSuite(["--ssid", "4660", ...sender]);

    expect(report).toMatchObject({ packets_sent: 100, packets_received: 100 });
    expect(report.measurements).toMatchObject({ duplicate_replies: 0, unknown_replies: 0, reordered_replies: 0 });
    expect(report.measurements.tlv_validation).toMatchObject({ rejected_replies: 0 });
    const { counts } = await reflect.stop();
    expect(counts).toMatchObject({ replies: 100, stateless: 0, sessions: 1, rejected: 0 });
  });

  test("TLVs that we do not know go back marked, and the HMAC over them holds", async () => {
    const reflect = await startReflect(wire.target, [...allow, "--key-file", keyFile]);

    const report = await sendWithStampSuite([
      ...["-r", TARGET, "-S", "10.77.0.1", ...authenticated],
      ...["--timestamp-info", "--extra-padding", "12", "--tlv-hmac", "on"],
    ]);

    expect(report).toMatchObject({ packets_sent: 100, packets_received: 100 });
    expect(report.measurements.tlv_validation).toMatchObject({
      rejected_replies: 0,
      hmac: { verified: 100, failed: 0 },
      flags: { unrecognized: 100, malformed: 0, integrity_failed: 0 },
    });
    expect((await reflect.stop()).counts).toMatchObject({ replies: 100, rejected: 0 });
  });

  test("requests that are dropped on the way leave a gap in its numbers and none in ours", async () => {
    await wire.target.nft(inputRules('udp dport 862 numgen inc mod 20 == 0 counter drop comment "fault"'));
    const reflect = await startReflect(wire.target, allow);

    const report = await sendWithStampSuite(["-r", TARGET, "-S", "10.77.0.1", "--ssid", "7"]);

    const dropped = await wire.target.counted("fault");
    expect(dropped).toBe(5);
    expect(report).toMatchObject({ packets_sent: 100, packets_received: 100 - dropped });
    expect(report.measurements.last_reflector_sequence).toBe(100 - dropped - 1);
    expect((await reflect.stop()).counts).toMatchObject({ replies: 100 - dropped });
  });

  test("with another key it gets no answer", async () => {
    const reflect = await startReflect(wire.target, [...allow, "--key-file", keyFile]);

    const report = await sendWithStampSuite([
      "-r",
      TARGET,
      "-S",
      "10.77.0.1",
      "-A",
      "A",
      "--hmac-key",
      "ee".repeat(16),
    ]);

    expect(report).toMatchObject({ packets_sent: 100, packets_received: 0 });
    expect((await reflect.stop()).counts).toMatchObject({ replies: 0, reasons: { authentication: 100 } });
  });
});

describe("virtloss probes, stamp-suite reflects", () => {
  const authenticated = ["-A", "A", "--hmac-key", KEY];

  /** Runs `act` beside a reflector. */
  async function beside<T>(options: readonly string[], act: () => Promise<T>): Promise<T> {
    const child = wire.target.spawn([stampSuite, "--is-reflector", ...options]);
    const ended = new Promise((resolve) => child.on("close", resolve));
    try {
      await wire.target.sh(
        "for i in $(seq 100); do ss -Hlun 'sport = :862' | grep -q . && exit 0; sleep 0.05; done; exit 1",
      );
      return await act();
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
  }

  test.each([
    ["plain over IPv4", TARGET, [], []],
    ["plain over IPv6", TARGET6, ["--local-addr", "::"], []],
    ["authenticated over IPv4", TARGET, authenticated, ["--key-file", keyFile]],
  ])("%s: requests lost are lost forward", async (_, address, reflector, prober) => {
    await wire.target.nft(inputRules('udp dport 862 numgen inc mod 50 == 0 counter drop comment "fault"'));

    const result = await beside(["--stateful-reflector", ...reflector], () =>
      probe(wire.prober, address, "--protocol", "stamp", ...prober, "--count", "1000", "--rate", "1000"),
    );

    expect(await wire.target.counted("fault")).toBe(20);
    expect(result).toMatchObject({ sent: 1000, lost: 20, void: 0, duplicates: 0 });
    expect(result.directions?.reverseLost).toBe(0);
    expect((result.directions?.forwardLost ?? 0) + (result.directions?.unknownLost ?? 0)).toBe(20);
    expect(result.directions?.unknownLost).toBeLessThanOrEqual(2);
  });

  test("a reflector without state tells no direction, and is not taken for one that does", async () => {
    await wire.target.nft(inputRules('udp dport 862 numgen inc mod 50 == 0 counter drop comment "fault"'));

    const result = await beside([], () =>
      probe(wire.prober, TARGET, "--protocol", "stamp", "--count", "1000", "--rate", "1000"),
    );

    expect(result).toMatchObject({ lost: 20, directions: { forwardLost: 0, reverseLost: 0, unknownLost: 20 } });
  });
});

import { ovs } from "../../../src/collectors/ovs/index.ts";
import { ovsOptions } from "../../../src/collectors/ovs/options.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "../../../src/kernel/host.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import { collectOnce } from "../../support/collecting.ts";
import {
  type Answer,
  daemon,
  database,
  type FakeAnswers,
  type FakeOvs,
  type Request,
  reply,
  startFakeOvs,
} from "../../support/ovs-fake.ts";

const host = createLinuxHost();
let fake: FakeOvs | undefined;
afterEach(async () => {
  await fake?.close();
  fake = undefined;
});

/** Reads a fake once: values by metric and labels, and the notes. */
async function collect(answers: FakeAnswers, through: Host = host) {
  fake = await startFakeOvs(answers);
  const { samples, notes } = await collectOnce(ovs, through, { socket: fake.socket });
  const series = samples.map((s): [string, number] => {
    const labels = Object.values(s.labels).filter((label) => label !== "");
    return [`${s.metric.name.replace(/^virtloss_/, "")} ${labels.join(" ")}`, "value" in s ? s.value : Number.NaN];
  });
  return { series: Object.fromEntries(series), notes, directory: fake.socket.replace(/\/db\.sock$/, "") };
}

const everything = { asDatabase: database, asDaemon: daemon };
const of = (series: Record<string, number>, pattern: RegExp) =>
  Object.fromEntries(Object.entries(series).filter(([name]) => pattern.test(name)));

test("a guest's port counts in the guest's direction, and says whose it is", async () => {
  const { series } = await collect(everything);

  expect(of(series, /vmtap0/)).toEqual({
    "ovs_port_info br0 vmtap0 52:54:00:77:00:09 system test-vm 4c4c4544-0042-3510-8058-b4c04f4d3231": 1,
    "ovs_port_up br0 vmtap0 52:54:00:77:00:09": 1,
    "ovs_port_packets_total br0 vmtap0 52:54:00:77:00:09 from_guest": 0,
    "ovs_port_packets_total br0 vmtap0 52:54:00:77:00:09 to_guest": 0,
    "ovs_port_drops_total br0 vmtap0 52:54:00:77:00:09 from_guest dropped": 0,
    "ovs_port_drops_total br0 vmtap0 52:54:00:77:00:09 to_guest dropped": 9035,
    [limit("bytes_per_second", "from_guest")]: 1_250_000,
    [limit("burst_bytes", "from_guest")]: 100_000,
    [limit("bytes_per_second", "to_guest")]: 1_000_000,
    [limit("burst_bytes", "to_guest")]: 100_000,
  });
});

function limit(what: string, direction: string): string {
  return `network_limit_${what} ovs test-vm br0 ${direction} 4c4c4544-0042-3510-8058-b4c04f4d3231 52:54:00:77:00:09 vmtap0`;
}

test("other ports count in the switch's direction; one that could not be opened is down", async () => {
  const { series } = await collect(everything);

  expect(of(series, / (vo1|missing0)( |$)/)).toEqual({
    "ovs_port_info br0 vo1 system": 1,
    "ovs_port_up br0 vo1": 1,
    "ovs_port_packets_total br0 vo1 receive": 44_012,
    "ovs_port_packets_total br0 vo1 transmit": 28,
    "ovs_port_drops_total br0 vo1 receive dropped": 0,
    "ovs_port_drops_total br0 vo1 transmit dropped": 0,
    "ovs_port_info br0 missing0 system": 1,
    "ovs_port_up br0 missing0": 0,
  });
});

test("what is flooded to a bridge's own interface while it is down is no drop", async () => {
  const { series } = await collect(everything);

  expect(of(series, /br0 br0/)).toEqual({
    "ovs_port_info br0 br0 internal": 1,
    "ovs_port_packets_total br0 br0 receive": 0,
    "ovs_port_packets_total br0 br0 transmit": 0,
  });
});

test("the datapath in user space tells its packets, its lost upcalls and its drops", async () => {
  const { series } = await collect(everything);

  expect(of(series, /^ovs_(datapath|lost)/)).toEqual({
    "ovs_lost_upcalls_total netdev@ovs-netdev": 0,
    "ovs_datapath_packets_total netdev@ovs-netdev": 34_291,
    "ovs_datapath_drops_total datapath_drop_meter": 1801,
    "ovs_datapath_drops_total drop_action_of_pipeline": 5006,
    "ovs_datapath_drops_total datapath_drop_upcall_error": 0,
    "ovs_datapath_drops_total datapath_drop_lock_error": 0,
  });
});

test("policing that the datapath in user space does not heed is told", async () => {
  expect((await collect(everything)).notes).toEqual([
    "ingress policing of vmtap0 has no effect: the bridge's datapath is in user space; limit the port by QoS",
  ]);
});

test("while ovs-vswitchd does not run its counters are left out, what is configured stays", async () => {
  const { series, notes, directory } = await collect({ asDatabase: database });

  expect(of(series, /_total/)).toEqual({});
  expect(of(series, /vmtap0/)).toMatchObject({ [limit("bytes_per_second", "to_guest")]: 1_000_000 });
  expect(notes[0]).toBe(
    `ovs-vswitchd does not run (nothing answers in ${directory}): its counters stand still and are left out; start it`,
  );
});

test("a database open to us beside a daemon that is not: the ports are told, and what the rest would need", async () => {
  const forbidding: Host = {
    ...host,
    connect: (path, signal) => {
      if (path.endsWith(".ctl")) throw new NotPermittedError(`${path}: EACCES`);
      return host.connect(path, signal);
    },
  };

  const { series, notes, directory } = await collect(everything, forbidding);

  expect(Object.keys(of(series, /ovs_port_drops/)).length).toBeGreaterThan(5);
  expect(of(series, /^ovs_(datapath|lost)/)).toEqual({});
  expect(notes[0]).toBe(
    `only root may ask ovs-vswitchd (in ${directory}) for lost upcalls and drops of its datapath: run as root, or let this user write to its .ctl socket`,
  );
});

test("a daemon that knows none of the commands leaves out what they tell", async () => {
  const { series, notes } = await collect({
    asDatabase: database,
    asDaemon: (request, socket) => reply(request, socket, undefined, `"${request.method}" is not a valid command\n`),
  });

  expect(of(series, /^ovs_(datapath|lost)/)).toEqual({});
  expect(Object.keys(of(series, /ovs_port_drops/)).length).toBeGreaterThan(5);
  expect(notes).toHaveLength(1);
});

test("a database that asks whether we live is answered, and what nobody asked for is passed over", async () => {
  const waiting: Request[] = [];
  const answers: unknown[] = [];
  const probing: Answer = (request, socket) => {
    if (request.method !== undefined) {
      waiting.push(request);
      socket.write('{"id":"echo","method":"echo","params":["there?"]}{"id":null,"method":"update","params":[]}');
      return;
    }
    answers.push(request);
    for (const one of waiting.splice(0)) database(one, socket);
  };

  const { series } = await collect({ asDatabase: probing, asDaemon: daemon });

  expect(answers).toEqual([{ id: "echo", result: ["there?"], error: null }, expect.anything()]);
  expect(Object.keys(of(series, /ovs_port_info/))).toHaveLength(10);
});

test("without its socket the source is absent; others are tried by default", async () => {
  const tried: string[] = [];
  const empty: Host = {
    ...host,
    connect: async (path) => {
      tried.push(path);
      throw new SourceAbsentError(`${path}: ENOENT`);
    },
  };

  await expect(collectOnce(ovs, empty, {})).rejects.toThrow(SourceAbsentError);
  expect(tried).toEqual(["/run/openvswitch/db.sock", "/var/run/openvswitch/db.sock"]);
  await expect(collectOnce(ovs, host, { socket: "/nowhere/db.sock" })).rejects.toThrow(SourceAbsentError);
});

test("a database that is not open to us says what would be needed", async () => {
  const forbidding: Host = {
    ...host,
    connect: async (path) => {
      throw new NotPermittedError(`${path}: EACCES`);
    },
  };

  await expect(collectOnce(ovs, forbidding, {})).rejects.toThrow(
    new NotPermittedError(
      "/run/openvswitch/db.sock: only root may read Open vSwitch's database: run as root, or let this user write to that socket",
    ),
  );
});

const garbage: readonly (readonly [string, Answer, RegExp])[] = [
  [
    "ends",
    (_, socket) => socket.end(),
    /expected a reply to get_schema, found the end of the connection: was the daemon/,
  ],
  ["ends in the middle", (_, socket) => socket.end('{"id":1,"resu'), /expected a reply to get_schema, found the end/],
  ["speaks HTTP", (_, socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), /found the byte 0x48/],
  ["sends a list", (_, socket) => socket.write("[1,2]"), /expected a message of JSON-RPC, found \[1,2\]/],
  [
    "refuses",
    (request, socket) => reply(request, socket, null, { error: "unknown database" }),
    /get_schema was refused: {"error":"unknown database"}/,
  ],
  [
    "has no schema",
    (request, socket) => reply(request, socket, []),
    /get_schema: expected an object with tables, found \[\]/,
  ],
  [
    "refuses a column",
    (request, socket) => {
      if (request.method === "get_schema") database(request, socket);
      else reply(request, socket, [{ error: "unknown column", details: "no column name" }]);
    },
    /select of Bridge: expected rows, found {"error":"unknown column"/,
  ],
  [
    "never stops",
    (_, socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(`{"id":7,"result":"${"x".repeat(1 << 20)}"}`));
      };
      socket.on("drain", more);
      more();
    },
    /expected at most 67108864 bytes, found more/,
  ],
];

test.each(garbage)("a database that %s is a failure that says so", async (_, asDatabase, message) => {
  await expect(collect({ asDatabase })).rejects.toThrow(message);
});

test("a database that hangs is left when the deadline comes", async () => {
  fake = await startFakeOvs({ asDatabase: () => undefined });
  const source = ovs.open(host, { socket: fake.socket });
  const deadline = AbortSignal.timeout(200);

  await expect(source.read(deadline, () => undefined)).rejects.toThrow(/abort/i);
});

test("options name a socket by an absolute path", () => {
  expect(ovsOptions.parse({})).toEqual({});
  expect(ovsOptions.safeParse({ socket: "db.sock" }).error?.issues[0]?.message).toBe("expected an absolute path");
});

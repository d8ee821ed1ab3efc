import { readdirSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultSend } from "../../src/config/path.ts";
import { createKernelClock } from "../../src/kernel/ffi/clock.ts";
import { closeWithWatched, Epoll } from "../../src/kernel/ffi/epoll.ts";
import { TcpDialer } from "../../src/kernel/ffi/tcp-socket.ts";
import { RecentSpans } from "../../src/prober/doubts.ts";
import { Ledger } from "../../src/prober/ledger.ts";
import { rttBuckets } from "../../src/prober/metrics.ts";
import { createSizePicker } from "../../src/prober/sizes.ts";
import type { ProbeStream } from "../../src/prober/stream.ts";
import { icmpErrorReasons, lostPackets, SLOT_WORDS, STREAM, sum, voidPackets, word } from "../../src/prober/tally.ts";
import { TcpTransport } from "../../src/prober/tcp-transport.ts";

const clock = createKernelClock();
const sockets = () => readdirSync("/proc/self/fd").length;

function createStream(port: number, timeoutNanos = 0.8e9): ProbeStream {
  const tally = new Float64Array(SLOT_WORDS);
  return {
    slot: 1,
    mark: 1,
    protocol: "tcp",
    port,
    send: defaultSend,
    key: null,
    timeoutNanos,
    ledger: new Ledger(tally, { timeoutNanos, capacity: 64, missingStamp: () => undefined }),
    tally,
    shared: tally,
    allSizes: { known: ["none"], active: [0] },
    sizes: createSizePicker({ known: ["none"], active: [0] }, Math.random),
    address: null,
    routes: [],
    current: undefined,
    currentAddress: null,
    mtuDueNanos: Number.POSITIVE_INFINITY,
    rotatedNanos: 0,
    touched: false,
    listedOpen: false,
    dirty: false,
  };
}

function createTransport(family: 4 | 6 = 4) {
  const touched = new Set<ProbeStream>();
  const epoll = new Epoll();
  const transport = new TcpTransport({
    family,
    dialer: new TcpDialer(family, defaultSend),
    epoll,
    clock,
    stalls: new RecentSpans(),
    touched: (stream) => touched.add(stream),
  });
  return { transport, touched, epoll };
}

function counts({ tally }: ProbeStream) {
  return {
    sent: word(tally, STREAM.sent),
    received: word(tally, STREAM.received),
    lost: lostPackets(tally),
    void: voidPackets(tally),
    rtts: sum(tally, STREAM.rtt, rttBuckets.length + 1),
    icmpErrors: sum(tally, STREAM.icmpErrors, icmpErrorReasons.length),
  };
}

let server: Server;
let accepted: Socket[];
beforeEach(async () => {
  accepted = [];
  server = createServer((socket) => accepted.push(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "::", resolve));
});
afterEach(async () => {
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});
const openPort = () => (server.address() as AddressInfo).port;

describe.each([
  [4, "127.0.0.1"],
  [6, "::1"],
] as const)("over IPv%i", (family, address) => {
  const destination = { family, address, zoneIndex: 0 };

  test("a port that accepts answers with an RTT, and is left with a reset", async () => {
    const { transport, touched } = createTransport(family);
    const stream = createStream(openPort());
    const route = transport.attach(stream, destination);

    transport.put(stream, route, clock.monotonicNanos());
    await sleep(20);
    transport.drain();
    stream.ledger.judge(transport.doubts, Number.POSITIVE_INFINITY);

    expect(counts(stream)).toEqual({ sent: 1, received: 1, lost: 0, void: 0, rtts: 1, icmpErrors: 0 });
    expect(word(stream.tally, STREAM.rttSum)).toBeLessThan(0.02);
    expect([...touched]).toEqual([stream]);
    await sleep(20);
    expect(accepted.map((socket) => socket.errored && (socket.errored as NodeJS.ErrnoException).code)).toEqual([
      "ECONNRESET",
    ]);
    transport.close();
  });

  test("a closed port answers too, without an RTT: no clock of the kernel saw the reset", async () => {
    const { transport } = createTransport(family);
    const port = openPort();
    await new Promise((resolve) => server.close(resolve));
    const stream = createStream(port);

    transport.put(stream, transport.attach(stream, destination), clock.monotonicNanos());
    await sleep(20);
    transport.drain();
    stream.ledger.judge(transport.doubts, Number.POSITIVE_INFINITY);

    expect(counts(stream)).toEqual({ sent: 1, received: 1, lost: 0, void: 0, rtts: 0, icmpErrors: 0 });
    transport.close();
  });
});

const LOOPBACK = { family: 4, address: "127.0.0.1", zoneIndex: 0 } as const;

test("an answer that is read long after the deadline still has the kernel's RTT", async () => {
  const { transport } = createTransport();
  const stream = createStream(openPort(), 0.05e9);

  transport.put(stream, transport.attach(stream, LOOPBACK), clock.monotonicNanos());
  await sleep(150);
  transport.drain();
  stream.ledger.judge(transport.doubts, Number.POSITIVE_INFINITY);

  expect(counts(stream)).toEqual({ sent: 1, received: 1, lost: 0, void: 0, rtts: 1, icmpErrors: 0 });
  transport.close();
});

test("a reset that is read after the deadline may have come in time or not: void", async () => {
  const { transport } = createTransport();
  const port = openPort();
  await new Promise((resolve) => server.close(resolve));
  const stream = createStream(port, 0.05e9);

  transport.put(stream, transport.attach(stream, LOOPBACK), clock.monotonicNanos());
  await sleep(150);
  transport.drain();
  stream.ledger.judge(transport.doubts, Number.POSITIVE_INFINITY);

  expect(counts(stream)).toMatchObject({ sent: 1, received: 0, lost: 0, void: 1 });
  transport.close();
});

test("what the kernel refuses is refused: there is no way to a multicast address", () => {
  const { transport } = createTransport();
  const stream = createStream(openPort());

  transport.put(stream, transport.attach(stream, { ...LOOPBACK, address: "224.0.0.1" }), clock.monotonicNanos());
  stream.ledger.judge(transport.doubts, Number.POSITIVE_INFINITY);

  expect(counts(stream)).toMatchObject({ sent: 1, received: 0, lost: 0, void: 1 });
  expect(word(stream.tally, STREAM.refusedRun)).toBe(1);
  transport.close();
});

describe("no descriptor is left", () => {
  test.each([
    [
      "a route",
      (transport: TcpTransport, stream: ProbeStream) => transport.detach(stream, stream.routes[0] as never),
      1,
    ],
    ["a transport", (transport: TcpTransport) => transport.close(), 0],
    ["a thread", (_: TcpTransport, __: ProbeStream, epoll: Epoll) => closeWithWatched(epoll.fd), 0],
  ])("of %s that ends with answers unread", async (_, end, left) => {
    const before = sockets();
    const { transport, epoll } = createTransport();
    const stream = createStream(openPort());
    stream.routes = [transport.attach(stream, LOOPBACK)];
    for (let i = 0; i < 50; i++) transport.put(stream, stream.routes[0] as never, clock.monotonicNanos());
    expect(sockets()).toBeGreaterThanOrEqual(before + 51);
    await sleep(50);

    end(transport, stream, epoll);
    for (const socket of accepted) socket.destroy();
    await sleep(20);

    expect(accepted).toHaveLength(50);
    expect(sockets()).toBe(before + left);
    if (left > 0) transport.close();
  });
});

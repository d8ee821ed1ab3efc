import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isStampSealed } from "../../src/packet/stamp-hmac.ts";
import { createWire, program, shownProgram, TARGET, TARGET6, unprivileged, type Wire } from "../support/lab.ts";
import { type Peer, startPeer, startReflect } from "../support/reflecting.ts";
import { hmacOf, KEY, stampReply, stampRequest } from "../support/stamp.ts";

const ALLOW = ["--allow", "10.77.0.0/24", "--allow", "fd77::/64"];
const keyFile = join(tmpdir(), `virtloss-reflector-${process.pid}.key`);

let wire: Wire;
beforeAll(async () => {
  await writeFile(keyFile, `# the second is the one in use\n${"ab".repeat(16)}\n${KEY}\n`);
});
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

const peers: Peer[] = [];
afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.end()));
});
async function peerAt(address: string, port: number): Promise<Peer> {
  const peer = await startPeer(wire.prober, address, port);
  peers.push(peer);
  return peer;
}

test("each address of an interface answers for itself, over IPv4 and IPv6, and counts its own replies", async () => {
  await wire.target.sh("ip address add 10.77.0.3/24 dev v1; ip address add fd77::3/64 dev v1 nodad");
  const reflect = await startReflect(wire.target, ALLOW);
  const v4 = await peerAt("10.77.0.1", 5000);
  const v6 = await peerAt("fd77::1", 5000);

  for (const [peer, to] of [
    [v4, "10.77.0.2"],
    [v4, "10.77.0.3"],
    [v6, "fd77::2"],
    [v6, "fd77::3"],
  ] as const) {
    for (const [i, length] of [44, 48, 1400, 9000].entries()) {
      peer.send(to, 862, stampRequest(100 + 2 * i, { length }));
      const [reply] = await peer.receive(1);
      expect(reply).toMatchObject({ from: to, port: 862 });
      expect(reply?.bytes.length).toBe(length);
      const read = stampReply(reply?.bytes ?? Buffer.alloc(0));
      expect(read).toMatchObject({ sequence: i, senderSequence: 100 + 2 * i, senderTtl: 64, ssid: 1 });
      expect(Math.abs(read.receiveSeconds - 2_208_988_800 - Date.now() / 1000)).toBeLessThan(5);
      const nanos = (read.seconds - read.receiveSeconds) * 2 ** 32 + read.fraction - read.receiveFraction;
      expect(nanos).toBeGreaterThan(0);
    }
  }

  expect(reflect.welcome).toBe("reflects STAMP on :862, plain, for 10.77.0.0/24 fd77::/64");
  const { code, counts } = await reflect.stop();
  expect(code).toBe(0);
  expect(counts).toMatchObject({ replies: 16, stateless: 0, sessions: 4, rejected: 0, socketDrops: 0, sendErrors: 0 });
});

test("with keys, only packets that one of them sealed are answered, with the same", async () => {
  const reflect = await startReflect(wire.target, [...ALLOW, "--key-file", keyFile]);
  const peer = await peerAt("10.77.0.1", 5000);
  const authenticated = { mode: "authenticated" } as const;
  const damaged = stampRequest(1, authenticated);
  damaged.writeUInt8(damaged.readUInt8(40) ^ 1, 40);

  peer.send(TARGET, 862, damaged);
  peer.send(TARGET, 862, stampRequest(2, { ...authenticated, key: "cd".repeat(16) }));
  peer.send(TARGET, 862, stampRequest(3));
  peer.send(TARGET, 862, stampRequest(4, { length: 512 }));
  peer.send(TARGET, 862, stampRequest(5, { ...authenticated, length: 120 }));
  peer.send(TARGET, 862, stampRequest(6, { ...authenticated, key: "ab".repeat(16) }));
  const replies = await peer.receive(2);

  expect(replies.map(({ bytes }) => stampReply(bytes, "authenticated"))).toMatchObject([
    { sequence: 0, senderSequence: 5 },
    { sequence: 1, senderSequence: 6 },
  ]);
  expect(replies.map(({ bytes }) => isStampSealed(bytes, 0, hmacOf(KEY)))).toEqual([true, false]);
  expect(reflect.welcome).toContain("authenticated with 2 keys");
  const { counts } = await reflect.stop();
  expect(counts).toMatchObject({ replies: 2, rejected: 4, reasons: { authentication: 4 } });
});

test("what is forged, cut, too long, replayed or sent to all is refused by reason, and nothing grows", async () => {
  await wire.prober.sh("ip address add 10.78.0.1/32 dev lo; ip address add fd77::9/64 dev v0 nodad");
  await wire.target.sh("ip route add 10.78.0.0/16 via 10.77.0.1");
  const reflect = await startReflect(wire.target, ALLOW);
  const stranger = await peerAt("10.78.0.1", 5000);
  const peer = await peerAt("10.77.0.1", 5000);
  const peer6 = await peerAt("fd77::1", 5000);
  const mirror = await peerAt("10.77.0.1", 862);
  const reply = stampRequest(1);
  reply.copy(reply, 16, 4, 12);

  stranger.send(TARGET, 862, stampRequest(1));
  peer.send(TARGET, 862, stampRequest(1).subarray(0, 43));
  peer.send(TARGET, 862, Buffer.alloc(0));
  peer.send(TARGET, 862, reply);
  peer6.send(TARGET6, 862, Buffer.alloc(65_520));
  mirror.send(TARGET, 862, stampRequest(1));
  peer6.send("ff02::1%v0", 862, stampRequest(1));
  await wire.prober.sh("sleep 0.2");
  // The same packet twice: two replies, never more than what was sent.
  const replayed = stampRequest(7);
  peer.send(TARGET, 862, replayed);
  peer.send(TARGET, 862, replayed);
  const replies = await peer.receive(2);

  expect(replies.map(({ bytes }) => stampReply(bytes))).toMatchObject([
    { sequence: 0, senderSequence: 7 },
    { sequence: 1, senderSequence: 7 },
  ]);
  const { counts } = await reflect.stop();
  expect(counts.reasons).toEqual({ not_allowed: 1, truncated: 2, looped: 2, oversized: 1, not_unicast: 1 });
  expect(counts).toMatchObject({ replies: 2, sendErrors: 0 });
});

test("a reply has the DSCP of its request, so that both directions are measured in the same class", async () => {
  await wire.prober.nft(`table inet lab {
  chain leaving {
    type filter hook output priority -150
    udp dport 862 ip dscp set ef
    udp dport 862 ip6 dscp set af41
  }
  chain arriving {
    type filter hook input priority 0
    udp sport 862 ip dscp ef counter comment "ef"
    udp sport 862 ip6 dscp af41 counter comment "af41"
  }
}
`);
  const reflect = await startReflect(wire.target, ALLOW);
  const v4 = await peerAt("10.77.0.1", 5000);
  const v6 = await peerAt("fd77::1", 5000);

  v4.send(TARGET, 862, stampRequest(1));
  v6.send(TARGET6, 862, stampRequest(1));
  await Promise.all([v4.receive(1), v6.receive(1)]);
  await reflect.stop();

  expect([await wire.prober.counted("ef"), await wire.prober.counted("af41")]).toEqual([1, 1]);
});

test("without privilege a high port works, and port 862 ends with 3 and what to grant", async () => {
  const nobody = (...args: string[]) =>
    unprivileged(process.execPath, shownProgram, "reflect", ...args) as [string, ...string[]];

  const denied = await wire.target.run(...nobody());
  const high = await wire.target.run("timeout", "-s", "TERM", "2", ...nobody("--listen", "127.0.0.1:8620"));

  expect(denied).toEqual({
    code: 3,
    stdout: "",
    stderr:
      "cannot listen on UDP port 862: EACCES: ports below 1024 need the capability CAP_NET_BIND_SERVICE; grant it, or listen on a higher port\n",
  });
  expect(high.stdout).toBe("reflects STAMP on 127.0.0.1:8620, plain, for 127.0.0.0/8 ::1/128\n");
});

test("a port in use and an address of another machine end with 3", async () => {
  const first = await startReflect(wire.target, ALLOW);
  const second = await wire.target.run(process.execPath, program, "reflect");
  const elsewhere = await wire.target.run(process.execPath, program, "reflect", "--listen", "10.99.0.1:862");
  await first.stop();

  expect(second).toMatchObject({ code: 3, stdout: "" });
  expect(second.stderr).toContain("cannot listen on UDP port 862: EADDRINUSE: another program listens there");
  expect(elsewhere).toMatchObject({ code: 3, stdout: "" });
  expect(elsewhere.stderr).toContain("EADDRNOTAVAIL: this machine has no such address");
});

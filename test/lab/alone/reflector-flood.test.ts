import { createWire, inputRules, TARGET, type Wire } from "../../support/lab.ts";
import { forge, startPeer, startReflect } from "../../support/reflecting.ts";
import { stampReply, stampRequest } from "../../support/stamp.ts";

const ALLOW = ["--allow", "10.77.0.0/24", "--allow", "fd77::/64"];

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

test.each([
  ["on another port", "8620", 1],
  ["on the same port", "862", 0],
])("a packet forged between two reflectors, one %s, does not go round", async (_, port, repliesOfFirst) => {
  await wire.target.nft(inputRules('udp sport != 53 counter comment "to target"'));
  await wire.prober.nft(inputRules('udp sport != 53 counter comment "to prober"'));
  const near = await startReflect(wire.prober, [...ALLOW, "--listen", `:${port}`]);
  const far = await startReflect(wire.target, ALLOW);

  await forge(wire.prober, {
    from: "10.77.0.1",
    sources: 1,
    fromPort: Number(port),
    to: TARGET,
    port: 862,
    bytes: stampRequest(1),
    count: 1,
    perSecond: 100,
  });
  await wire.target.sh("sleep 0.3");

  expect(await wire.target.counted("to target")).toBe(1);
  expect(await wire.prober.counted("to prober")).toBe(repliesOfFirst);
  expect((await far.stop()).counts).toMatchObject({ replies: repliesOfFirst, rejected: 1 - repliesOfFirst });
  expect((await near.stop()).counts).toMatchObject({ replies: 0, rejected: repliesOfFirst });
});

test("a flood of 100,000 packets from 10,000 forged sources costs little memory and no session that was there", async () => {
  const allow = ["--allow", "10.0.0.0/8"];
  const packet = stampRequest(1, { length: 56 });
  await wire.target.sh("ip route add 10.88.0.0/16 via 10.77.0.1");
  await wire.target.nft(inputRules('udp dport 862 counter comment "requests"'));
  // Forged addresses are nobody's: their replies are counted where they come by.
  await wire.prober.nft(`table ip lab {
  chain passing {
    type filter hook prerouting priority -300
    ip daddr 10.88.0.0/16 counter drop comment "replies"
  }
}
`);
  const reflect = await startReflect(wire.target, allow);
  const peer = await startPeer(wire.prober, "10.77.0.1", 5000);
  for (let i = 0; i < 100; i++) {
    peer.send(TARGET, 862, stampRequest(i));
    await peer.receive(1);
  }
  const before = await reflect.residentBytes();

  const flood = forge(wire.prober, {
    from: "10.88.0.0",
    sources: 10_000,
    fromPort: 4000,
    to: TARGET,
    port: 862,
    bytes: packet,
    count: 100_000,
    perSecond: 20_000,
  });
  const during: number[] = [];
  for (let i = 100; i < 120; i++) {
    peer.send(TARGET, 862, stampRequest(i));
    const [reply] = await peer.receive(1, 1);
    if (reply) during.push(stampReply(reply.bytes).sequence);
    await wire.prober.sh("sleep 0.05");
  }
  const { sent, seconds } = await flood;
  peer.send(TARGET, 862, stampRequest(120));
  const [last] = await peer.receive(1);
  const grown = (await reflect.residentBytes()) - before;
  await peer.end();
  const { counts } = await reflect.stop();
  const replies = await wire.prober.counted("replies");

  process.stdout.write(
    `flood of ${sent} packets in ${seconds.toFixed(1)} s: ${replies} replies (${counts.stateless} stateless), ` +
      `${counts.rejected} rejected ${JSON.stringify(counts.reasons)}, ${counts.socketDrops} dropped at the socket, ` +
      `${counts.sessions} sessions, ${(grown / 2 ** 20).toFixed(1)} MiB more memory; ${during.length} of 20 of the old session\n`,
  );
  expect(sent).toBe(100_000);
  expect(counts.replies + counts.rejected + counts.socketDrops).toBe(await wire.target.counted("requests"));
  expect(replies).toBeLessThanOrEqual(sent);
  expect(replies).toBeGreaterThan(10_000);
  expect(grown).toBeLessThan(16 << 20);
  expect(during.length).toBeGreaterThan(15);
  expect(stampReply(last?.bytes ?? Buffer.alloc(0)).sequence).toBe(100 + during.length);
});

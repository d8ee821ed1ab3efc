import { parseHosts, parseIpv6Route, parseRoute } from "../../../src/prober/resolve/parse.ts";

const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

describe("/proc/net/route", () => {
  test("default routes with a gateway are found, the lowest metric first", () => {
    const text = `${header}eth0\t00000000\t010200C0\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth1\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;

    expect(parseRoute(text, "LE")).toEqual([
      { device: "eth1", gateway: "192.168.1.254", metric: 100 },
      { device: "eth0", gateway: "192.0.2.1", metric: 200 },
    ]);
  });

  test("a big-endian machine prints the bytes in order", () => {
    const text = `${header}eth0\t00000000\tC0000201\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;

    expect(parseRoute(text, "BE")[0]?.gateway).toBe("192.0.2.1");
  });

  test.each([
    ["a default route through a tunnel has no gateway", "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0"],
    ["a rejecting route leads nowhere", "*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0"],
    ["a route that is down leads nowhere", "eth0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0"],
    ["half of all addresses are no default", "tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0"],
  ])("%s", (_, line) => {
    expect(parseRoute(`${header}${line}\n`, "LE")).toEqual([]);
  });

  test("columns are found by their names, wherever they stand", () => {
    const text = "New Mask Metric Flags Gateway Destination Iface\nx 00000000 7 0003 010200C0 00000000 eth0\n";

    expect(parseRoute(text, "LE")).toEqual([{ device: "eth0", gateway: "192.0.2.1", metric: 7 }]);
  });

  test("an empty table has no routes", () => {
    expect(parseRoute("", "LE")).toEqual([]);
    expect(parseRoute(header, "LE")).toEqual([]);
  });

  test("other columns and cut rows are errors that show what was found", () => {
    expect(() => parseRoute("Iface Gateway\n", "LE")).toThrow(
      '/proc/net/route: expected columns Iface, Destination, Gateway, Flags, Metric and Mask, got "Iface Gateway"',
    );
    expect(() => parseRoute(`${header}eth0\t00000000\t0102\n`, "LE")).toThrow(
      '/proc/net/route row 1: expected a route, got "eth0 00000000 0102"',
    );
  });
});

describe("/proc/net/ipv6_route", () => {
  const zero = "00000000000000000000000000000000";
  const row = (gateway: string, metric: string, flags: string, device: string, destination = zero, length = "00") =>
    `${destination} ${length} ${zero} 00 ${gateway} ${metric} 00000002 00000000 ${flags} ${device}\n`;

  test("default routes are found, the lowest metric first, addresses in their short form", () => {
    const text =
      row("fd000000000000000000000000000001", "00000400", "00000003", "    eth0") +
      row("fe80000000000000021122fffe334455", "00000100", "00450003", "    eth1") +
      row("20010db8000000010000000000000001", "00000500", "00000003", "eth2") +
      row(zero, "ffffffff", "00200200", "lo") +
      row(zero, "00000100", "00000001", "eth0", "fe800000000000000000000000000000", "40");

    expect(parseIpv6Route(text)).toEqual([
      { device: "eth1", gateway: "fe80::211:22ff:fe33:4455", metric: 0x100 },
      { device: "eth0", gateway: "fd00::1", metric: 0x400 },
      { device: "eth2", gateway: "2001:db8:0:1::1", metric: 0x500 },
    ]);
  });

  test.each([
    ["00010002000300040005000600070008", "1:2:3:4:5:6:7:8"],
    ["00010000000300040005000600070008", "1:0:3:4:5:6:7:8"],
    ["00010000000000040000000000000008", "1:0:0:4::8"],
    ["00000000000000000000000000000001", "::1"],
    ["fe800000000000000000000000000000", "fe80::"],
    ["00010000000000040005000000000008", "1::4:5:0:0:8"],
  ])("%s is %s", (hex, address) => {
    expect(parseIpv6Route(row(hex, "0", "00000003", "eth0"))[0]?.gateway).toBe(address);
  });

  test("empty text has no routes, a cut row is an error", () => {
    expect(parseIpv6Route("")).toEqual([]);
    expect(() => parseIpv6Route(`${zero} 00 ${zero}\n`)).toThrow("/proc/net/ipv6_route row 1: expected a route, got");
  });
});

describe("/etc/hosts", () => {
  const text = "127.0.0.1 localhost\n10.0.0.5\tdb.example db # 10.9.9.9 db\n#10.0.0.6 db\nfd00::5 DB.example\n\n";

  test("all addresses of a name are found, whatever its case and final dot", () => {
    expect(parseHosts(text, "db.example")).toEqual(["10.0.0.5", "fd00::5"]);
    expect(parseHosts(text, "DB.")).toEqual(["10.0.0.5"]);
  });

  test("a name in a comment or an address is no name", () => {
    expect(parseHosts(text, "10.9.9.9")).toEqual([]);
    expect(parseHosts(text, "127.0.0.1")).toEqual([]);
  });
});

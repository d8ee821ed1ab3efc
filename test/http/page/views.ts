import { lossBounds } from "../../../src/analysis/bounds.ts";
import type { PathView, StatusView } from "../../../src/http/page/view.ts";

/** A path whose loss and bounds are computed as the exporter does it. */
export function pathView(name: string, packets: number, lost: number, more: Partial<PathView> = {}): PathView {
  const bounds = lossBounds({ packets, lost, burstSquared: lost });
  return {
    name,
    scope: "colocated",
    protocol: "icmp",
    target: "10.0.0.12",
    address: "10.0.0.12",
    state: lost === 0 ? "ok" : "lossy",
    problem: null,
    windowSeconds: 300,
    packets,
    lost,
    voided: 0,
    lossRatio: bounds?.ratio ?? null,
    lossLower: bounds?.lower ?? null,
    lossUpper: bounds?.upper ?? null,
    rttSeconds: { p50: 0.000_24, p99: 0.001_3 },
    currentLossRunSeconds: 0,
    ...more,
  };
}

/** A guest whose neighbours are fine while the way out of the host loses 1.2 %. */
export const troubledGuest: StatusView = {
  version: "0.1.0",
  startedAtSeconds: 1_795_000_000,
  nowSeconds: 1_795_270_925,
  hostname: "app-07",
  paths: [
    pathView("db", 6_000, 0),
    pathView("gateway", 6_000, 5, {
      scope: "gateway",
      target: "default-gateway",
      address: "10.0.0.1",
      state: "degraded",
      rttSeconds: { p50: 0.000_41, p99: 0.002_9 },
    }),
    pathView("internet", 6_000, 72, {
      scope: "external",
      target: "probe.example.net",
      address: "203.0.113.20",
      rttSeconds: { p50: 0.011_4, p99: 0.019 },
      voided: 14,
    }),
    pathView("backup", 6_000, 6_000, {
      scope: "external",
      target: "198.51.100.9",
      address: "198.51.100.9",
      state: "down",
      rttSeconds: null,
      currentLossRunSeconds: 754,
    }),
    pathView("storage", 0, 0, {
      target: "storage.internal",
      address: null,
      state: "failed",
      problem:
        "The name storage.internal does not resolve (ENOTFOUND). Correct the target, or add the name to DNS or /etc/hosts.",
      rttSeconds: null,
    }),
    pathView("new-cache", 0, 0, { target: "10.0.0.31", address: "10.0.0.31", state: "no_data", rttSeconds: null }),
    pathView("loopback", 60, 0, {
      scope: "control",
      target: "127.0.0.1",
      address: "127.0.0.1",
      windowSeconds: 3,
      rttSeconds: { p50: 0.000_022, p99: 0.000_048 },
    }),
  ],
  collectors: [
    { name: "cpu", state: "ok", detail: null, durationSeconds: 0.000_42 },
    { name: "softnet", state: "ok", detail: null, durationSeconds: 0.000_18 },
    { name: "nic", state: "ok", detail: null, durationSeconds: 0.003_1 },
    {
      name: "guest",
      state: "failed",
      detail: "/sys/class/dmi/id/product_uuid cannot be read: run as root, or load it with systemd's LoadCredential.",
      durationSeconds: 0.000_09,
    },
    { name: "libvirt", state: "absent", detail: "no socket at /run/libvirt/libvirt-sock-ro", durationSeconds: 0 },
  ],
  prober: { state: "ok", detail: "Unprivileged sockets, kernel time stamps, longest stall 3 ms." },
  hints: [],
};

/** As it is one minute after a first start without a configuration. */
export const firstStart: StatusView = {
  ...troubledGuest,
  startedAtSeconds: troubledGuest.nowSeconds - 3,
  paths: troubledGuest.paths.filter((p) => p.name === "loopback"),
  collectors: troubledGuest.collectors.filter((c) => c.state !== "failed"),
  hints: [
    "Only this machine's own loopback is probed. Add paths: virtloss serve --path gateway=default-gateway --path external=ADDRESS",
  ],
};

const EVIL = `"><script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;

/** Every text field tries to break out of where it stands. */
export const hostile: StatusView = {
  ...troubledGuest,
  version: EVIL,
  hostname: EVIL,
  paths: [
    pathView(EVIL, 100, 2, { scope: EVIL, protocol: EVIL, target: EVIL, address: `${EVIL}'` }),
    pathView("x".repeat(400), 0, 0, { state: "failed", problem: EVIL, target: "y".repeat(400), rttSeconds: null }),
  ],
  collectors: [{ name: EVIL, state: "failed", detail: EVIL, durationSeconds: 1 }],
  prober: { state: "failed", detail: EVIL },
  hints: [EVIL],
};

import type { LossBounds } from "../analysis/bounds.ts";
import { SIGNIFICANT_P } from "../analysis/pattern/distributions.ts";
import { patternSentence } from "../analysis/pattern/sentence.ts";
import type { Comparison, RunsAgainstTrains } from "../analysis/trains/runs-against-trains.ts";
import type { StallCause } from "../prober/stall/attribute.ts";
import type { IcmpErrorReason } from "../prober/tally.ts";
import type { Directions, ProbeResult } from "./probe-result.ts";

/** A ratio as a person reads it: 0.0012 is "0.12 %"; null is unknown. */
export function percent(ratio: number | null): string {
  if (ratio === null) return "unknown";
  const value = ratio * 100;
  if (value === 0 || value === 100) return `${value} %`;
  return `${value.toFixed(value < 0.1 ? 3 : value < 10 ? 2 : 1)} %`;
}

export function duration(seconds: number | null): string {
  if (seconds === null) return "unknown";
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} µs`;
  if (seconds < 1) return `${(seconds * 1e3).toPrecision(3)} ms`;
  return `${seconds.toPrecision(3)} s`;
}

/** Loss with its interval: never a bare "no loss", because 0 of 60 may still be 6 %. */
export function lossSentence(packets: number, lost: number, bounds: LossBounds | null): string {
  if (!bounds) return "no packet was judged: loss unknown";
  const interval = `${percent(bounds.lower)} to ${percent(bounds.upper)}`;
  return `loss ${percent(bounds.ratio)} (${lost} of ${packets}; 95 % interval ${interval})`;
}

/** What `virtloss probe` prints: the verdict first, what it rests on behind it. */
export function probeText(result: ProbeResult): string {
  const { rttSeconds: rtt, prober, received, lost } = result;
  const to = result.target === result.address ? result.target : `${result.target} (${result.address})`;
  const lines = [
    `${to}, ${sentOver(result)}: ${lossSentence(received + lost, lost, boundsOf(result))}`,
    `  sent ${result.sent} = received ${received} + lost ${lost} + void ${result.void}`,
  ];
  if (result.bursts > 0) {
    lines.push(
      `  runs of loss ${result.bursts}, the longest ${result.longestBurst} packets`,
      `  pattern: ${patternSentence(result.pattern)}`,
    );
  }
  if (result.trains) lines.push(...trainLines(result.trains));
  if (result.directions && lost > 0) lines.push(directionLine(result.directions));
  if (rtt.p50 !== null) {
    lines.push(
      `  round trip min ${duration(rtt.min)}, median ${duration(rtt.p50)}, p99 ${duration(rtt.p99)}, max ${duration(rtt.max)}`,
    );
  }
  const oddities = [
    [result.late, "late"],
    [result.duplicates, "duplicated"],
    [result.reordered, "reordered"],
    [result.sendErrors, "refused by the kernel"],
  ].filter(([count]) => count !== 0);
  if (oddities.length > 0) lines.push(`  ${oddities.map(([count, what]) => `${count} ${what}`).join(", ")}`);
  lines.push(...findings(result).map((finding) => `  ${finding}`));
  if (!prober.valid) {
    lines.push(
      `  NOT VALID: more than 1 % of the packets are void (socket drops ${prober.socketDrops}): the prober itself was in the way`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function sentOver({ protocol, size }: ProbeResult): string {
  if (size === "none") return protocol;
  return `${protocol}, ${/^\d+$/.test(size) ? `${size} bytes` : `size ${size}`}`;
}

function trainLines({ loss, delay, caution }: RunsAgainstTrains): string[] {
  const line = (what: string, { runRatio, trainRatio, pValue, reason }: Comparison) => {
    const verdict =
      pValue === null
        ? `not tested: ${reason}`
        : pValue < SIGNIFICANT_P
          ? `runs are worse, p = ${pValue.toPrecision(1)}`
          : "no difference";
    return `  ${what} in runs ${percent(runRatio)}, in trains after a pause ${percent(trainRatio)}: ${verdict}`;
  };
  const isWorse = [loss, delay].some(({ pValue }) => pValue !== null && pValue < SIGNIFICANT_P);
  return [line("lost", loss), line("delayed over 5 ms", delay), ...(isWorse && caution ? [`  (${caution})`] : [])];
}

function directionLine({ forwardLost, reverseLost, unknownLost }: Directions): string {
  const unknown = unknownLost > 0 ? `, ${unknownLost} unknown` : "";
  return `  lost on the way there ${forwardLost}, on the way back ${reverseLost}${unknown}`;
}

const icmpMeanings: Readonly<Record<IcmpErrorReason, string>> = {
  packet_too_big: "a link on the way passes no packets of this size",
  port_unreachable: "nothing listens on that port: start `virtloss reflect` there, or name its port",
  host_unreachable: "a router, or this machine, cannot reach the target",
  network_unreachable: "a router has no route to the target",
  prohibited: "a firewall on the way refuses the packets",
  time_exceeded: "the packets' TTL ran out on the way",
  other: "see virtloss_probe_icmp_errors_total",
};

/** What was noticed beside loss. */
function findings({ icmpErrors, pathMtuBytes, rotations, stalledSeconds }: ProbeResult): string[] {
  const errors = Object.entries(icmpErrors) as [IcmpErrorReason, number][];
  const stalls = Object.entries(stalledSeconds) as [StallCause, number][];
  return [
    ...errors.map(([reason, count]) => `${count} answered by an ICMP error, ${reason}: ${icmpMeanings[reason]}`),
    ...(pathMtuBytes === null ? [] : [`path MTU ${pathMtuBytes} bytes, as far as this machine was told`]),
    ...(rotations > 0 ? [`took another identifier ${rotations} times, because nothing came back`] : []),
    ...stalls.map(([cause, seconds]) => `this prober was not run for ${duration(seconds)}: ${stallMeanings[cause]}`),
  ];
}

const stallMeanings: Readonly<Record<StallCause, string>> = {
  throttled: "the CPU quota of its cgroup was used up",
  stopped: "its process was stopped",
  suspended: "the machine slept",
  steal: "the hypervisor ran something else on its vCPU",
  contended: "other tasks had the CPU",
  busy: "it was busy itself",
  unknown: "cause unknown",
};

function boundsOf({ lossRatio: ratio, lossLower: lower, lossUpper: upper }: ProbeResult): LossBounds | null {
  return ratio === null || lower === null || upper === null ? null : { ratio, lower, upper };
}

/** A limit at which verdict, alert and board change colour; the only home of such numbers. */
export interface Threshold {
  readonly value: number;
  /** One sentence: when should an operator change it? */
  readonly tuning: string;
}

function threshold(value: number, tuning: string): Threshold {
  return { value, tuning };
}

/**
 * Base units (ratios 0 to 1, seconds). Exported as `virtloss_threshold{name}` under their snake_case names, so that rules
 * generated with other values than the exporter's are noticed.
 *
 * The rules for pages take z (how many standard errors the lower bound stays away from the measured ratio), a least number
 * of packets and a least number of effective bursts for each window: simulated at 20 packets/s, they page twice a week or
 * less on a path that loses exactly `lossRatio`, and never on one that loses half of it.
 */
export const thresholds = {
  lossRatio: threshold(0.001, "Raise it on paths whose users do not notice one packet in a thousand."),
  lossRatioExternal: threshold(
    0.005,
    "The Internet loses more than a data centre: set it to what your provider promises.",
  ),
  lossRatioSevere: threshold(0.01, "Colours boards only: the loss that every user notices."),

  criticalZ5m: threshold(4.4, "Raise it where five bad minutes should not wake anybody."),
  criticalPackets5m: threshold(300, "Lower it for slow paths and accept pages on fewer packets."),
  criticalBursts5m: threshold(4, "Raise it where short outages are normal: each outage counts as one burst."),
  criticalZ1h: threshold(3.9, "Raise it where a bad hour can wait for the morning."),
  criticalPackets1h: threshold(1000, "Lower it for slow paths and accept pages on fewer packets."),
  criticalBursts1h: threshold(4, "Raise it where short outages are normal: each outage counts as one burst."),
  criticalZ6h: threshold(3.29, "Raise it where slow, lasting loss can wait for the morning."),
  criticalBursts6h: threshold(5, "Raise it where short outages are normal: each outage counts as one burst."),
  warningZ: threshold(3.29, "Raise it where warnings come too often for a path at the limit."),
  warningPackets: threshold(1000, "Lower it for slow paths and accept warnings on fewer packets."),
  warningBursts: threshold(3, "Raise it where short outages are normal: each outage counts as one burst."),

  pathDownRatio: threshold(0.9, "Lower it to call a path down that still passes every fifth packet."),
  blackoutSeconds: threshold(30, "Lower it where failover must finish sooner, and expect pages at every switch-over."),
  outagePackets: threshold(5, "Raise it to see more lost packets of a slow path before it is called dark or down."),

  voidRatio: threshold(0.01, "Raise it only where the prober cannot be given more CPU time."),
  lateSendRatio: threshold(0.01, "Raise it only where the prober cannot be given more CPU time."),
  sourceStaleSeconds: threshold(300, "Raise it above the poll interval of your slowest source."),

  softirqBusiestRatio: threshold(
    0.8,
    "Lower it on machines with many CPUs, where half of the load on one is too much.",
  ),
  softirqRate: threshold(1000, "Raise it where a single CPU serves that many softirqs a second with ease."),
  stealRatio: threshold(0.05, "Raise it on burstable instances, whose steal is what was paid for."),

  readyRatio: threshold(0.05, "Lower it for machines that carry voice or storage traffic: 2 % is felt there."),
  costopRatio: threshold(0.03, "Raise it for large machines whose vCPUs may wait for each other, as in batch work."),
  limitedRatio: threshold(0.05, "Raise it where CPU is sold with a limit that is meant to be reached."),
  overcommitRatio: threshold(3, "Raise it on hosts whose machines idle; lower it where they are busy all day."),
  dropRatio: threshold(0.001, "Raise it where a thousandth of the packets may be dropped at one place of a host."),
  dropRate: threshold(1, "Drops a second. Raise it on busy hosts, where single drops are normal."),
  singleQueueRate: threshold(5000, "Packets a second. Raise it where one queue is known to carry more with ease."),
  balloonRatio: threshold(0.1, "Raise it where machines are sized by their balloons on purpose."),
  swapRate: threshold(1_048_576, "Bytes a second. Raise it where swapping to fast storage is part of the plan."),
  memoryPressureRatio: threshold(
    0.1,
    "Raise it on machines that reclaim memory all the time and are not slowed by it.",
  ),
  ksmCopyRate: threshold(10_000, "Copies a second. Raise it where KSM is worth the faults it costs."),
  shapedRatio: threshold(0.05, "Raise it where a limiter is meant to be hit, as on a sold bandwidth."),
  conntrackRatio: threshold(0.9, "Lower it where connections come in waves that fill the table within minutes."),
  missingSampleRatio: threshold(0.05, "Raise it where hosts are known to hand over only a part of their samples."),
} as const satisfies Record<string, Threshold>;

export type ThresholdName = keyof typeof thresholds;
export type Thresholds = Readonly<Record<ThresholdName, number>>;

export const defaultThresholds: Thresholds = Object.fromEntries(
  Object.entries(thresholds).map(([name, t]) => [name, t.value]),
) as Thresholds;

/** The name under which a threshold is exported and configured: `lossRatio` becomes `loss_ratio`. */
export function thresholdKey(name: ThresholdName): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

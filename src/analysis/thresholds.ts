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
 */
export const thresholds = {
  lossRatio: threshold(0.001, "Raise it on paths whose users do not notice one packet in a thousand."),
  lossRatioExternal: threshold(
    0.005,
    "The Internet loses more than a data centre: set it to what your provider promises.",
  ),
} as const satisfies Record<string, Threshold>;

export type ThresholdName = keyof typeof thresholds;
export type Thresholds = Readonly<Record<ThresholdName, number>>;

export const defaultThresholds: Thresholds = Object.fromEntries(
  Object.entries(thresholds).map(([name, t]) => [name, t.value]),
) as Thresholds;

const millisecondsPerUnit = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Prometheus' notation: whole numbers with units, largest first, each at most once. */
export const durationPattern = /^(?=\d)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** @returns seconds, or undefined where the text is no duration such as 500ms, 1s or 1m30s */
export function parseDurationSeconds(text: string): number | undefined {
  const parts = durationPattern.exec(text);
  if (!parts) return undefined;
  const milliseconds = Object.values(millisecondsPerUnit).reduce((sum, unit, i) => {
    return sum + Number(parts[i + 1] ?? 0) * unit;
  }, 0);
  return milliseconds / 1000;
}

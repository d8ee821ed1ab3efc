import type { ExpositionFormat } from "../metrics/exposition.ts";

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly q: number;
}

function parseRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const find = (name: string) => parameters.find((p) => p.startsWith(`${name}=`))?.slice(name.length + 1);
  const q = Number(find("q") ?? 1);
  return { type, version: find("version")?.replaceAll('"', ""), q: q >= 0 && q <= 1 ? q : 0 };
}

/** Weight that the header gives to a media type: its most specific range counts (RFC 9110, section 12.5.1). */
function weight(ranges: readonly Range[], type: string, version: string): number {
  const family = `${type.split("/")[0]}/*`;
  const exact = ranges.filter((r) => r.type === type && (r.version === undefined || r.version === version));
  const candidates = [exact, ranges.filter((r) => r.type === family), ranges.filter((r) => r.type === "*/*")];
  const best = candidates.find((c) => c.length > 0) ?? [];
  return Math.max(0, ...best.map((r) => r.q));
}

/**
 * Which exposition a scraper wants. OpenMetrics goes only to who names it; everything that cannot be satisfied gets the
 * text format, as Prometheus' own libraries do, because a 406 would blind the operator. Parameters other than `version`
 * (Prometheus 3 sends `escaping`) are ignored: our names need no escaping.
 */
export function negotiateFormat(accept: string | undefined): ExpositionFormat {
  const ranges = (accept ?? "").split(",").map(parseRange);
  const named = ranges.some((r) => r.type === "application/openmetrics-text");
  const openmetrics = named ? weight(ranges, "application/openmetrics-text", "1.0.0") : 0;
  return openmetrics > 0 && openmetrics >= weight(ranges, "text/plain", "0.0.4") ? "openmetrics" : "text";
}

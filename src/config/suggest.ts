import leven from "leven";

/** @returns `did you mean "scope"?`, or undefined where no candidate is near */
export function suggest(found: string, candidates: readonly string[]): string | undefined {
  if (found.length > 64) return undefined;
  const lower = found.toLowerCase();
  const longer = candidates.find((candidate) => lower.length > 1 && isPrefix(lower, candidate.toLowerCase()));
  if (longer !== undefined) return `did you mean ${JSON.stringify(longer)}?`;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: leven(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // Two letters swapped are a distance of 2.
  const nearEnough = best && best.distance < lower.length && best.distance <= Math.max(2, best.candidate.length / 3);
  return nearEnough ? `did you mean ${JSON.stringify(best.candidate)}?` : undefined;
}

/** `warning` for `warn`, `prot` for `protocols`. */
function isPrefix(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

/** How much the reflector does for whom, so that strangers can neither exhaust it nor its memory. */
export interface ReflectorLimits {
  /** Packets per second of one source address; bursts of one second. */
  readonly sourceRate: number;
  /** Packets per second of all sources; those without a session get at most half of it. */
  readonly totalRate: number;
  readonly sessions: number;
  readonly sessionsPerSource: number;
  /** A session that is silent for this long begins anew. */
  readonly sessionTimeoutSeconds: number;
}

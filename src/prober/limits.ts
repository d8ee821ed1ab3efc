/** Packets per second that one engine sends without losing any by itself; measured by the project's benchmark. */
export const ENGINE_MAX_PACKETS_PER_SECOND = 100_000;

/** The kernel sends an unanswered SYN again after a second (RFC 6298, section 2.1): a verdict must come before. */
export const LONGEST_TCP_TIMEOUT_SECONDS = 0.8;

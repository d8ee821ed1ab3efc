/** What kept the worker from running, as far as the kernel tells. */
export const stallCauses = ["throttled", "stopped", "suspended", "steal", "contended", "unknown"] as const;
export type StallCause = (typeof stallCauses)[number];

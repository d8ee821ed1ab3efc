/** Packets per second that one engine sends without losing any by itself; measured by the project's benchmark. */
export const ENGINE_MAX_PACKETS_PER_SECOND = 100_000;

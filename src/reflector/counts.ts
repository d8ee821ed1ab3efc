/** Why a packet gets no answer, in the order of the questions. */
export const rejections = [
  "not_allowed",
  "not_unicast",
  "oversized",
  "truncated",
  "looped",
  "total_rate",
  "authentication",
  "source_rate",
] as const;
export type Rejection = (typeof rejections)[number];

/** Words of the reflector's counts. */
export const COUNT = {
  replies: 0,
  stateless: 1,
  sendErrors: 2,
  socketDrops: 3,
  /** Not a counter: sessions that live. */
  sessions: 4,
  rejected: 5,
} as const;

export const COUNT_WORDS = COUNT.rejected + rejections.length;

/** What the reflector did since it started, as of one moment. */
export interface ReflectorCounts {
  readonly replies: number;
  /** Those of them that repeat the sender's number because no session could be had. */
  readonly statelessReplies: number;
  readonly sendErrors: number;
  readonly socketDrops: number;
  readonly sessions: number;
  readonly rejected: Readonly<Record<Rejection, number>>;
}

export function reflectorCounts(words: Float64Array): ReflectorCounts {
  const word = (index: number) => words[index] ?? 0;
  return {
    replies: word(COUNT.replies),
    statelessReplies: word(COUNT.stateless),
    sendErrors: word(COUNT.sendErrors),
    socketDrops: word(COUNT.socketDrops),
    sessions: word(COUNT.sessions),
    rejected: Object.fromEntries(rejections.map((reason, i) => [reason, word(COUNT.rejected + i)])) as Record<
      Rejection,
      number
    >,
  };
}

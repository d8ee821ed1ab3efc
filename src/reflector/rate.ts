/** Lets through so many a second, in bursts of one second at most. */
export interface RateLimit {
  /** Is there room for one? Nothing is counted. */
  hasRoom(nowSeconds: number): boolean;
  take(): void;
}

export function createRateLimit(perSecond: number): RateLimit {
  let tokens = perSecond;
  let filledAt = 0;
  return {
    hasRoom(nowSeconds) {
      tokens = Math.min(perSecond, tokens + Math.max(0, nowSeconds - filledAt) * perSecond);
      filledAt = nowSeconds;
      return tokens >= 1;
    },
    take() {
      tokens--;
    },
  };
}

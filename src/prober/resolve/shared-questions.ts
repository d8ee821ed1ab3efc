import { inTime } from "./in-time.ts";

/** Who asks what is being asked already waits for the same answer, and gets it for a short while after. */
export interface SharedQuestions<T> {
  /** @param ask gets a signal that fires once nobody waits any more. Rejects with ETIMEOUT where `signal` fires before */
  ask(key: string, ask: (unwanted: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Question<T> {
  readonly answer: Promise<T>;
  readonly unwanted: AbortController;
  waiting: number;
}

/**
 * @param goodForSeconds how long an answer may be given to others
 * @param nowSeconds any clock that only goes forward
 */
export function createSharedQuestions<T>(
  goodForSeconds: (answer: T) => number,
  deadlineMs: number,
  nowSeconds: () => number,
): SharedQuestions<T> {
  const open = new Map<string, Question<T>>();
  const answered = new Map<string, { readonly answer: T; readonly untilSeconds: number }>();

  function begin(key: string, ask: (unwanted: AbortSignal) => Promise<T>): Question<T> {
    const unwanted = new AbortController();
    const question: Question<T> = { answer: ask(unwanted.signal), unwanted, waiting: 0 };
    open.set(key, question);
    const end = () => {
      if (open.get(key) === question) open.delete(key);
    };
    question.answer.then((answer) => {
      end();
      keep(key, answer);
    }, end);
    return question;
  }

  function keep(key: string, answer: T): void {
    const now = nowSeconds();
    const seconds = goodForSeconds(answer);
    if (seconds > 0) answered.set(key, { answer, untilSeconds: now + seconds });
    // The oldest stand first; whoever is still good ends the look.
    for (const [old, { untilSeconds }] of answered) {
      if (untilSeconds > now) break;
      answered.delete(old);
    }
  }

  return {
    async ask(key, ask, signal) {
      const known = answered.get(key);
      if (known && known.untilSeconds > nowSeconds()) return known.answer;
      const question = open.get(key) ?? begin(key, ask);
      question.waiting++;
      try {
        return await inTime(question.answer, deadlineMs, signal);
      } finally {
        if (--question.waiting === 0 && open.get(key) === question) {
          open.delete(key);
          question.unwanted.abort();
        }
      }
    },
  };
}

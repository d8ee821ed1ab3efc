import type { z } from "zod";

/** An issue as superRefine takes it. */
export type Suspect = {
  code: "custom";
  message: string;
  path: (string | number)[];
  params?: { suggestion: string };
};

/** A problem with a hint on what to write instead; the hint travels in the issue's params. */
export function refuse(message: string, suggestion?: string, path: (string | number)[] = []): Suspect {
  return { code: "custom", message, path, ...(suggestion === undefined ? {} : { params: { suggestion } }) };
}

export function refuseTwins<T>(message: (item: T) => string) {
  return (items: readonly T[], context: z.RefinementCtx) => {
    items.forEach((item, i) => {
      if (items.indexOf(item) < i) context.addIssue(refuse(message(item), "remove one", [i]));
    });
  };
}

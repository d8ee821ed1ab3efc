/** What GET /probe was asked for. */
export interface ProbeQuery {
  readonly target: string;
  readonly module: string;
  /** A transcript instead of metrics. */
  readonly debug: boolean;
}

/** What is wrong with a request, for whoever wrote it; it repeats nothing of the request. */
export interface QueryProblem {
  readonly problem: string;
}

const usage = "expected /probe?target=ADDRESS and perhaps &module=NAME and &debug=true";
const known = ["target", "module", "debug"];

/** @param url of the request, from its path on */
export function readProbeQuery(url: string): ProbeQuery | QueryProblem {
  const mark = url.indexOf("?");
  const parameters = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
  const names = [...parameters.keys()];
  // What another reader of the same request would take from it must not differ from what we do.
  if (names.some((name) => !known.includes(name))) return { problem: `an unknown parameter: ${usage}` };
  if (new Set(names).size < names.length) return { problem: `a parameter is given twice: ${usage}` };
  const target = parameters.get("target") ?? "";
  const debug = parameters.get("debug") ?? "false";
  if (target === "") return { problem: `no target: ${usage}` };
  if (debug !== "true" && debug !== "false") return { problem: "debug is true or false" };
  return { target, module: parameters.get("module") ?? "icmp", debug: debug === "true" };
}

import { type Attributes, nested, readAttributes, textOf, u32At, u64Of } from "../../kernel/netlink/attributes.ts";
import { TC_ROOT, type TrafficControl } from "../../kernel/netlink/traffic-control.ts";

/** What a shaper or policer lets through. */
export interface Limit {
  readonly bytesPerSecond?: number | undefined;
  readonly burstBytes?: number | undefined;
  readonly packetsPerSecond?: number | undefined;
}

// linux/pkt_sched.h, linux/pkt_cls.h. Rates are bytes a second, in 32 bits within the struct and, where that is too narrow,
// in an attribute of 64 beside it. Bursts are given as the time that they take at the rate, in ticks of 64 ns.
const TICKS_PER_SECOND = 1e9 / 64;
const TBF = { params: 1, rate64: 4, rateAt: 8, bufferAt: 28 } as const;
const HTB = { params: 1, ceil64: 7, ceilAt: 20, ceilBufferAt: 28 } as const;
const POLICE = { params: 1, rate64: 8, packetRate64: 10, actionAt: 4, burstAt: 12, rateAt: 28 } as const;
const ACTION = { kind: 1, options: 2 } as const;
/** What is over the rate is dropped. */
const TC_ACT_SHOT = 2;
/** Deeper than any tree of classes (TC_HTB_MAXDEPTH). */
const MAX_DEPTH = 8;

function limitOf(bytesPerSecond: number | undefined, burstTicks: number | undefined): Limit | undefined {
  if (bytesPerSecond === undefined || bytesPerSecond === 0 || burstTicks === undefined) return undefined;
  return { bytesPerSecond, burstBytes: Math.round((bytesPerSecond * burstTicks) / TICKS_PER_SECOND) };
}

/** Limit of a token bucket (tc-tbf(8)). */
export function tbfLimit({ options }: TrafficControl): Limit | undefined {
  const attributes = readAttributes(options, "tbf");
  const params = attributes.get(TBF.params);
  return limitOf(u64Of(attributes, TBF.rate64) ?? u32At(params, TBF.rateAt), u32At(params, TBF.bufferAt));
}

function htbClassLimit({ options }: TrafficControl): Limit | undefined {
  const attributes = readAttributes(options, "htb class");
  const params = attributes.get(HTB.params);
  return limitOf(u64Of(attributes, HTB.ceil64) ?? u32At(params, HTB.ceilAt), u32At(params, HTB.ceilBufferAt));
}

/** Undefined where one of them has no limit, or there is none. */
function together(limits: readonly (Limit | undefined)[]): Limit | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0 || known.length < limits.length) return undefined;
  return {
    bytesPerSecond: known.reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0),
    burstBytes: known.reduce((sum, { burstBytes = 0 }) => sum + burstBytes, 0),
  };
}

/** The tightest. */
export function lowest(limits: readonly (Limit | undefined)[]): Limit | undefined {
  const rate = ({ bytesPerSecond = Number.POSITIVE_INFINITY }: Limit) => bytesPerSecond;
  return limits.filter((limit) => limit !== undefined).sort((a, b) => rate(a) - rate(b))[0];
}

/** What all classes of an HTB (tc-htb(8)) let through together: a class no more than its ceiling, and than its own classes do. */
export function htbLimit(classes: readonly TrafficControl[]): Limit | undefined {
  const below = (outer: number, depth: number): Limit | undefined =>
    together(
      classes
        .filter(({ parent }) => parent === outer)
        .map((one) => lowest([htbClassLimit(one), depth < MAX_DEPTH ? below(one.handle, depth + 1) : undefined])),
    );
  return below(TC_ROOT, 1);
}

function policeLimit(options: Attributes): Limit | undefined {
  const params = options.get(POLICE.params);
  if (u32At(params, POLICE.actionAt) !== TC_ACT_SHOT) return undefined;
  const packetsPerSecond = u64Of(options, POLICE.packetRate64);
  if (packetsPerSecond !== undefined && packetsPerSecond > 0) return { packetsPerSecond };
  return limitOf(u64Of(options, POLICE.rate64) ?? u32At(params, POLICE.rateAt), u32At(params, POLICE.burstAt));
}

/** struct tc_u32_sel: the number of keys in byte 2, then from byte 16 on the keys, each 16 bytes that begin with its mask. */
function selectsAll(selector: Uint8Array | undefined): boolean {
  const keys = selector?.[2] ?? 0;
  if (selector === undefined || selector.length < 16 + 16 * keys) return false;
  return Array.from({ length: keys }, (_, i) => u32At(selector, 16 + 16 * i)).every((mask) => mask === 0);
}

/** struct tcf_ematch_tree_hdr begins with the number of conditions. */
function hasNoCondition(tree: Attributes): boolean {
  const header = tree.get(1);
  return header === undefined || (header[0] === 0 && header[1] === 0);
}

/** Where each kind of filter has its actions, and whether it takes every packet. */
const filterKinds = new Map([
  ["matchall", { actions: 2, police: undefined, takesAll: () => true }],
  [
    "basic",
    { actions: 3, police: 4, takesAll: (options: Attributes) => hasNoCondition(nested(options, 2, "conditions")) },
  ],
  ["u32", { actions: 7, police: 6, takesAll: (options: Attributes) => selectsAll(options.get(5)) }],
]);

/** Limit of the policers in a filter that takes every packet; others limit a part only. */
export function filterLimit(filter: TrafficControl): Limit | undefined {
  const kind = filterKinds.get(filter.kind);
  if (!kind) return undefined;
  const options = readAttributes(filter.options, `filter ${filter.kind}`);
  if (!kind.takesAll(options)) return undefined;
  const actions = [...nested(options, kind.actions, "actions").values()].map((bytes) =>
    readAttributes(bytes, "action"),
  );
  const policers = actions
    .filter((action) => textOf(action, ACTION.kind) === "police")
    .map((action) => nested(action, ACTION.options, "action police"));
  const plain = kind.police === undefined || !options.has(kind.police) ? [] : [nested(options, kind.police, "police")];
  return lowest([...policers, ...plain].map(policeLimit));
}

import { ParseError } from "../host.ts";
import { type Attributes, nested, readAttributes, textOf, u32At, u64Of } from "./attributes.ts";
import { dumpRequest, type NetlinkMessage } from "./message.ts";
import { readU32, writeU32 } from "./native-order.ts";

// linux/rtnetlink.h and linux/pkt_sched.h.
const RTM_NEWQDISC = 36;
const RTM_GETQDISC = 38;
const RTM_NEWTCLASS = 40;
const RTM_GETTCLASS = 42;
const RTM_NEWTFILTER = 44;
const RTM_GETTFILTER = 46;
/** struct tcmsg: u8 family and padding, i32 ifindex, u32 handle, u32 parent, u32 info. */
const TCMSG_BYTES = 20;
const INDEX_AT = 4;
const HANDLE_AT = 8;
const PARENT_AT = 12;
const INFO_AT = 16;
const TCA = { kind: 1, options: 2, statistics: 7 } as const;
const STATS = { basic: 1, queue: 3, packets64: 8 } as const;
/** struct gnet_stats_basic: u64 bytes, u32 packets. */
const BASIC_PACKETS_AT = 8;
/** struct gnet_stats_queue, each of 32 bits. */
const QUEUE = { length: 0, drops: 8, overlimits: 16 } as const;

/** The parent of a queue or class that hangs from the interface itself; a queue's place on the way in. */
export const TC_ROOT = 0xffff_ffff;
export const TC_INGRESS = 0xffff_fff1;
/** Where the filters for arriving packets hang, of the queues `ingress` and `clsact` alike. */
const INGRESS_FILTERS = 0xffff_fff2;

/** A queueing discipline, a class of one, or a filter. */
export interface TrafficControl {
  /** Index of its interface. */
  readonly link: number;
  /** `major:minor` in 16 bits each. A queue's minor is 0. */
  readonly handle: number;
  /** Handle of the class, or of the queue, that it is in; TC_ROOT, TC_INGRESS. */
  readonly parent: number;
  /** The upper half is a filter's priority, the lower one its protocol in network byte order. */
  readonly info: number;
  readonly kind: string;
  /** As the kind lays them out: a struct, or attributes. */
  readonly options: Uint8Array;
  readonly counters: QueueCounters | undefined;
}

/** `drops` and `overlimits` are 32 bits wide and wrap. */
export interface QueueCounters {
  readonly packets: number;
  readonly drops: number;
  readonly overlimits: number;
  /** Packets in the queue now. */
  readonly length: number;
}

function request(type: number, link: number, parent: number): Uint8Array {
  const body = new Uint8Array(TCMSG_BYTES);
  writeU32(body, INDEX_AT, link);
  writeU32(body, PARENT_AT, parent);
  return dumpRequest(type, body);
}

/** Asks for the queues of all interfaces. No privilege is needed, here and below. */
export function qdiscsRequest(): Uint8Array {
  return request(RTM_GETQDISC, 0, 0);
}

/** Asks for the classes of one interface: the kernel does not tell those of all. */
export function classesRequest(link: number): Uint8Array {
  return request(RTM_GETTCLASS, link, 0);
}

/** Asks for the filters that packets meet as they arrive at an interface; the answer is empty where nothing filters there. */
export function ingressFiltersRequest(link: number): Uint8Array {
  return request(RTM_GETTFILTER, link, INGRESS_FILTERS);
}

function countersOf(statistics: Attributes): QueueCounters | undefined {
  const queue = statistics.get(STATS.queue);
  const packets = u64Of(statistics, STATS.packets64) ?? u32At(statistics.get(STATS.basic), BASIC_PACKETS_AT);
  const [length, drops] = [u32At(queue, QUEUE.length), u32At(queue, QUEUE.drops)];
  const overlimits = u32At(queue, QUEUE.overlimits);
  if (packets === undefined || length === undefined || drops === undefined || overlimits === undefined)
    return undefined;
  return { packets, drops, overlimits, length };
}

function parse({ payload }: NetlinkMessage): TrafficControl {
  if (payload.length < TCMSG_BYTES) {
    throw new ParseError(`netlink traffic control: expected at least ${TCMSG_BYTES} bytes, got ${payload.length}`);
  }
  const link = readU32(payload, INDEX_AT);
  const what = `traffic control of link ${link}`;
  const attributes = readAttributes(payload.subarray(TCMSG_BYTES), what);
  return {
    link,
    handle: readU32(payload, HANDLE_AT),
    parent: readU32(payload, PARENT_AT),
    info: readU32(payload, INFO_AT),
    kind: textOf(attributes, TCA.kind),
    options: attributes.get(TCA.options) ?? new Uint8Array(),
    counters: countersOf(nested(attributes, TCA.statistics, what)),
  };
}

function parserOf(newType: number): (messages: readonly NetlinkMessage[]) => TrafficControl[] {
  return (messages) => messages.filter(({ type }) => type === newType).map(parse);
}

/** The objects of a dump, in the kernel's order. @throws ParseError naming the interface's index */
export const parseQdiscs = parserOf(RTM_NEWQDISC);
export const parseClasses = parserOf(RTM_NEWTCLASS);
export const parseFilters = parserOf(RTM_NEWTFILTER);

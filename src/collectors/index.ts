import type { Collector } from "./collector.ts";
import { cpu } from "./cpu/index.ts";
import { guest } from "./guest/index.ts";
import { nic } from "./nic/index.ts";
import { softirq } from "./softirq/index.ts";
import { softnet } from "./softnet/index.ts";
import { transport } from "./transport/index.ts";

/** Every collector, in the order in which /metrics shows them. A test holds this list against the directory. */
export const collectors: readonly Collector[] = [cpu, softirq, softnet, nic, transport, guest];

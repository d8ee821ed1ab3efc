import { counter, gauge } from "../../metrics/define.ts";

/** What the memory of this machine goes through: each mechanism stops a vCPU while it works. */
export const memoryMetrics = {
  available: gauge("virtloss_memory_available_bytes", "Memory that programs could still have without swapping."),
  total: gauge("virtloss_memory_total_bytes", "Memory of this machine."),
  nodeFree: gauge(
    "virtloss_memory_node_free_bytes",
    "Memory of a NUMA node that nobody uses; no series on machines with one node.",
    ["node"],
  ),
  nodeTotal: gauge("virtloss_memory_node_total_bytes", "Memory of a NUMA node; no series on machines with one node.", [
    "node",
  ]),
  swapIn: counter("virtloss_memory_swap_in_bytes_total", "What was read back from swap."),
  swapOut: counter("virtloss_memory_swap_out_bytes_total", "What was written to swap."),
  ksmPages: gauge("virtloss_ksm_pages", "Pages that KSM has merged or looked at, by state.", ["state"]),
  ksmCopies: counter(
    "virtloss_ksm_copies_total",
    "Merged pages that had to be copied because a machine wrote to them, or when they came back from swap.",
    ["cause"],
  ),
  ksmRunning: gauge("virtloss_ksm_running", "1 while KSM merges pages."),
  hugePages: gauge("virtloss_memory_huge_pages", "Huge pages set aside, by size in bytes and state.", [
    "size",
    "state",
  ]),
  balloonBytes: counter(
    "virtloss_guest_balloon_bytes_total",
    "Memory that the balloon inside this guest has taken (inflate) or given back (deflate).",
    ["direction"],
  ),
};

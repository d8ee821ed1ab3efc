import { counter, gauge } from "../../metrics/define.ts";

/** What the memory of this machine goes through: each mechanism stops a vCPU while it works. */
export const memoryMetrics = {
  available: gauge("virtloss_memory_available_bytes", "Memory that programs could still have without swapping.", [
    "node",
  ]),
  total: gauge("virtloss_memory_total_bytes", "Memory of this machine.", ["node"]),
  swapIn: counter("virtloss_memory_swap_in_bytes_total", "What was read back from swap.", ["device"]),
  swapOut: counter("virtloss_memory_swap_out_bytes_total", "What was written to swap.", ["device"]),
  ksmPages: gauge("virtloss_ksm_pages", "Pages that KSM has merged or looked at, by state.", ["state"]),
  ksmCopies: counter(
    "virtloss_ksm_copies_total",
    "Merged pages that had to be copied because a machine wrote to them.",
    ["cause"],
  ),
  ksmRunning: gauge("virtloss_ksm_running", "1 while KSM merges pages.", ["host"]),
  hugePages: gauge("virtloss_memory_huge_pages", "Huge pages set aside, by size in bytes and state.", [
    "size",
    "state",
  ]),
  balloonPages: counter(
    "virtloss_guest_balloon_bytes_total",
    "Memory that the balloon inside this guest has taken or given back.",
    ["direction"],
  ),
};

/** What the bench measures, in the order in which it does: each part gives plain data, and a table made of nothing else. */
import { cpuTable, measureCpu } from "./cpu.mjs";
import { growthTable, measureGrowth } from "./growth.mjs";
import { kernelTable, measureKernel } from "./kernel.mjs";
import { libvirtTable, measureLibvirt } from "./libvirt.mjs";
import { lossTable, measureLoss } from "./loss.mjs";
import { measureMemory, memoryTable } from "./memory.mjs";
import { measureRtt, rttTable } from "./rtt.mjs";
import { measureScrape, scrapeTable } from "./scrape.mjs";
import { measureSoak, soakTable } from "./soak.mjs";
import { measureVmware, vmwareTable } from "./vmware.mjs";

export const parts = {
  cpu: { measure: measureCpu, table: cpuTable },
  growth: { measure: measureGrowth, table: growthTable },
  loss: { measure: measureLoss, table: lossTable },
  rtt: { measure: measureRtt, table: rttTable },
  memory: { measure: measureMemory, table: memoryTable },
  scrape: { measure: measureScrape, table: scrapeTable },
  libvirt: { measure: measureLibvirt, table: libvirtTable },
  kernel: { measure: measureKernel, table: kernelTable },
  vmware: { measure: measureVmware, table: vmwareTable },
  soak: { measure: measureSoak, table: soakTable },
};

/**
 * @typedef {object} Results
 * @property {{ node: string, machine: string, quick: boolean }} about
 * @property {Record<string, string>} titles of the probers that ran
 * @property {Record<string, object>} parts data of each part that was measured
 */

/** @param {Results} results */
export function heading({ about }) {
  return `Node.js ${about.node}, ${about.machine}${about.quick ? ", quick" : ""}; median (range) of the turns`;
}

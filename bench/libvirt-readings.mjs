/**
 * Reads libvirt over and over with the program's collector, as the exporter does in the background, and prints what each
 * reading cost as JSON. Arguments: main.js, URI, number of readings.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** The host asks about the machine when it starts, in a thread of its own. */
const SETTLE_MILLIS = 1500;
const PAUSE_MILLIS = 200;
const RESOLUTION_MILLIS = 1;

const [, , program, uri, count] = process.argv;
const built = (path) => import(new URL(path, pathToFileURL(program)).href);
const { libvirt } = await built("collectors/libvirt/index.js");
const { createLinuxHost } = await built("kernel/linux.js");

const source = libvirt.open(createLinuxHost(), { uri });
await sleep(SETTLE_MILLIS);
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
delay.enable();

const readings = [];
for (let reading = 0; reading < Number(count); reading++) {
  await sleep(PAUSE_MILLIS);
  delay.reset();
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const samples = await source.read(new AbortController().signal, (detail) => {
    throw new Error(detail);
  });
  const { user, system } = process.cpuUsage(cpu);
  const milliseconds = performance.now() - begun;
  await sleep(2 * RESOLUTION_MILLIS);
  readings.push({
    milliseconds,
    cpuMillis: (user + system) / 1000,
    blockedMillis: Math.max(0, delay.max / 1e6 - RESOLUTION_MILLIS),
    samples: samples.length,
  });
}
source.close();
console.log(JSON.stringify(readings));

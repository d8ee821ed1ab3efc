/**
 * Reads a vCenter with the program's collector, as the exporter does in the background, and prints what it cost as JSON: the
 * first look at the configuration, looks at what has changed where nothing has, and whole readings at intervals.
 * Arguments: main.js, the vCenter as in the configuration, number of looks, number of readings.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** The host asks about the machine when it starts, in a thread of its own. */
const SETTLE_MILLIS = 1500;
const PAUSE_MILLIS = 100;
/** A vCenter has a sample of each 20 seconds. */
const INTERVAL_MILLIS = 20_000;
const RESOLUTION_MILLIS = 1;

const [, , program, settings, looks, readings] = process.argv;
const built = (path) => import(new URL(`collectors/${path}.js`, pathToFileURL(program)).href);
const { createLinuxHost } = await import(new URL("kernel/linux.js", pathToFileURL(program)).href);
const { openClient, readPassword } = await built("server-login");
const { vcenter } = await built("vcenter/index");
const { createVimClient } = await built("vcenter/client");
const { vcenterOptions } = await built("vcenter/options");
const { login, logout } = await built("vcenter/session");
const { watchObjects } = await built("vcenter/updates");

const host = createLinuxHost();
const [options] = vcenterOptions.parse([JSON.parse(settings)]);
const { signal } = new AbortController();
await sleep(SETTLE_MILLIS);

/** @returns {Promise<{ milliseconds: number, cpuMillis: number }>} of all threads */
async function cost(act) {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(cpu);
  return { milliseconds: performance.now() - begun, cpuMillis: (user + system) / 1000 };
}

/** The same, with the longest wait of the event loop. The clock that tells it costs CPU time where there is little else. */
async function costAndBlock(act) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
  delay.enable();
  const measured = await cost(act);
  await sleep(2 * RESOLUTION_MILLIS);
  delay.disable();
  return { ...measured, blockedMillis: Math.max(0, delay.max / 1e6 - RESOLUTION_MILLIS) };
}

async function times(count, pauseMillis, act) {
  const all = [];
  for (let done = 0; done < count; done++) {
    await sleep(pauseMillis);
    all.push(await act());
  }
  return all;
}

const client = createVimClient(await openClient(host, options), options.url, options.timeoutSeconds, () => signal);
let session;
let watch;
const full = await costAndBlock(async () => {
  session = await login(client, options.username, await readPassword(host, options));
  watch = await watchObjects(client, session, options, () => undefined);
  await watch.update();
});
const peakBytes = process.resourceUsage().maxRSS * 1024;
const idle = await times(Number(looks), PAUSE_MILLIS, () => cost(() => watch.update()));
await logout(client, session);
client.close();

const source = vcenter.open(host, options);
let samples = [];
const read = async () => {
  samples = await source.read(signal, () => undefined);
};
await read();
const rounds = await times(Number(readings), INTERVAL_MILLIS, () => costAndBlock(read));
source.close();
console.log(JSON.stringify({ full, idle, rounds, peakBytes, series: samples.length }));

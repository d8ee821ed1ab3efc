import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { ifThere } from "../files.ts";
import { pressureMetrics as m } from "./metrics.ts";
import { parsePressure } from "./parse.ts";

const DIRECTORY = "/proc/pressure";
const MICROS_PER_SECOND = 1_000_000;

/** CPUs are never all taken from a whole machine: since 5.13 the kernel prints that line for form's sake, always 0. */
function isMeaningful(resource: string, share: string): boolean {
  return resource !== "cpu" || share === "some";
}

async function samplesOf(host: Host, resource: string): Promise<Sample[]> {
  const file = `${DIRECTORY}/${resource}`;
  return parsePressure(file, await host.readText(file))
    .filter(({ share }) => isMeaningful(resource, share))
    .map(({ share, stalledMicros }) => sample(m.stalled, { resource, share }, stalledMicros / MICROS_PER_SECOND));
}

export const pressure = defineCollector({
  name: "pressure",
  metrics: m,
  async collect(host) {
    const resources = await ifThere(host.list(DIRECTORY));
    if (!resources) throw new SourceAbsentError(`no ${DIRECTORY}: kernels since 4.20 can have it, with psi=1 at boot`);
    // Where PSI was turned off at boot the files are there all the same, and say EOPNOTSUPP when they are read.
    const read = await Promise.all(resources.map((resource) => ifThere(samplesOf(host, resource))));
    const samples = read.flatMap((some) => some ?? []);
    if (samples.length > 0) return samples;
    throw new SourceAbsentError("this kernel does not measure pressure: psi=1 at boot makes it");
  },
});

import type { NicLimit } from "../../vm/vm.ts";
import type { OvsInterface, Qos } from "./parse.ts";

const BYTES_PER_KILOBIT = 125;
/** ovs-vswitchd.conf.db(5): what a burst of 0 stands for. */
const DEFAULT_BURST_KB = 8000;

/** A value of other_config. @returns undefined where it is not set, or is not a number above 0 */
function setting(config: ReadonlyMap<string, string>, key: string): number | undefined {
  const value = Number(config.get(key));
  return value > 0 ? value : undefined;
}

function least(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function bytes(bits: number | undefined): number | undefined {
  return bits === undefined ? undefined : bits / 8;
}

/** What leaves the switch by the port. Queues other than 0 hold back only what flows put into them, and are left out. */
function shaped({ type, config, defaultQueue }: Qos): Omit<NicLimit, "direction"> | undefined {
  if (type === "egress-policer" || type === "trtcm-policer") {
    return { bytesPerSecond: setting(config, "cir"), burstBytes: setting(config, "cbs") };
  }
  if (type !== "linux-htb" && type !== "linux-hfsc") return undefined;
  return {
    bytesPerSecond: bytes(least(setting(config, "max-rate"), setting(defaultQueue, "max-rate"))),
    burstBytes: bytes(setting(defaultQueue, "burst")),
  };
}

/** What enters the switch by the port. */
function policed({ rateKbps, burstKb, rateKpps }: OvsInterface["policing"]): Omit<NicLimit, "direction"> | undefined {
  if (rateKbps <= 0 && rateKpps <= 0) return undefined;
  return {
    ...(rateKbps > 0 && {
      bytesPerSecond: rateKbps * BYTES_PER_KILOBIT,
      burstBytes: (burstKb > 0 ? burstKb : DEFAULT_BURST_KB) * BYTES_PER_KILOBIT,
    }),
    ...(rateKpps > 0 && { packetsPerSecond: rateKpps * 1000 }),
  };
}

/**
 * Limits of a port. At a port of a guest its traffic enters the switch; at any other, an uplink for instance, traffic enters
 * on its way to the guests.
 */
export function portLimits({ policing, qos }: OvsInterface, isGuest: boolean): NicLimit[] {
  const entering = policed(policing);
  const leaving = qos && shaped(qos);
  return [
    ...(entering ? [{ direction: isGuest ? "from_guest" : "to_guest", ...entering } as const] : []),
    ...(leaving ? [{ direction: isGuest ? "to_guest" : "from_guest", ...leaving } as const] : []),
  ];
}

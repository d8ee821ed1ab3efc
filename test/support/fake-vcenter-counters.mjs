/** Those that matter, as vCenter names them: group.name, unit, kind of statistics, and how they are rolled up. */
const NAMED = [
  ["cpu.ready", "millisecond", "delta", "summation"],
  ["cpu.costop", "millisecond", "delta", "summation"],
  ["cpu.maxlimited", "millisecond", "delta", "summation"],
  ["cpu.wait", "millisecond", "delta", "summation"],
  ["cpu.idle", "millisecond", "delta", "summation"],
  ["cpu.run", "millisecond", "delta", "summation"],
  ["cpu.used", "millisecond", "delta", "summation"],
  ["cpu.system", "millisecond", "delta", "summation"],
  ["cpu.overlap", "millisecond", "delta", "summation"],
  ["cpu.swapwait", "millisecond", "delta", "summation"],
  ["cpu.readiness", "percent", "rate", "average"],
  ["cpu.latency", "percent", "rate", "average"],
  ["cpu.demand", "megaHertz", "absolute", "average"],
  ["mem.swapinRate", "kiloBytesPerSecond", "rate", "average"],
  ["mem.swapoutRate", "kiloBytesPerSecond", "rate", "average"],
  ["mem.latency", "percent", "absolute", "average"],
  ...["packetsRx", "packetsTx", "droppedRx", "droppedTx", "errorsRx", "errorsTx", "unknownProtos"].map((name) => [
    `net.${name}`,
    "number",
    "delta",
    "summation",
  ]),
  ...["broadcastRx", "broadcastTx", "multicastRx", "multicastTx"].map((name) => [
    `net.${name}`,
    "number",
    "delta",
    "summation",
  ]),
];

/** These have one counter for each way of rolling up, under one name: whoever maps by name alone takes the wrong one. */
const IN_FOUR_WAYS = [
  ["mem.vmmemctl", "kiloBytes", "absolute"],
  ["mem.vmmemctltarget", "kiloBytes", "absolute"],
  ["mem.swapped", "kiloBytes", "absolute"],
  ["mem.swapin", "kiloBytes", "absolute"],
  ["mem.swapout", "kiloBytes", "absolute"],
  ["mem.usage", "percent", "absolute"],
  ["cpu.usage", "percent", "rate"],
  ["cpu.usagemhz", "megaHertz", "rate"],
  ["cpu.utilization", "percent", "rate"],
  ["cpu.coreUtilization", "percent", "rate"],
  ["net.usage", "kiloBytesPerSecond", "rate"],
];
const WAYS = ["none", "average", "maximum", "minimum"];

/** Groups whose counters nobody here asks for; vCenter has some 500 in all. */
const OTHERS = [
  "disk",
  "datastore",
  "virtualDisk",
  "storageAdapter",
  "storagePath",
  "rescpu",
  "sys",
  "power",
  "vsanDomObj",
];
const HOW_MANY = 500;

function plain() {
  const known = [
    ...NAMED.map(([name, unit, stats, rollup]) => ({ name, unit, stats, rollup })),
    ...IN_FOUR_WAYS.flatMap(([name, unit, stats]) => WAYS.map((rollup) => ({ name, unit, stats, rollup }))),
  ];
  const others = Array.from({ length: HOW_MANY - known.length }, (_, i) => {
    const group = OTHERS[i % OTHERS.length];
    return { name: `${group}.counter${i}`, unit: "number", stats: "rate", rollup: "average" };
  });
  return [...known, ...others];
}

/**
 * All counters with their ids, in the order of these.
 * @param {number} generation another one gives every name another id, as a vCenter that was installed anew
 */
export function createCounters(generation) {
  return plain()
    .map((counter, i) => ({
      ...counter,
      key: 1000 + ((i * 7 + generation * 131) % HOW_MANY),
      full: `${counter.name}.${counter.rollup}`,
    }))
    .sort((a, b) => a.key - b.key);
}

/** A PerfCounterInfo's fields. */
export function counterFields({ key, name, unit, stats, rollup }) {
  const [group, short] = name.split(".");
  return {
    key,
    nameInfo: { label: short, summary: `${short} of ${group}`, key: short },
    groupInfo: { label: group, summary: group, key: group },
    unitInfo: { label: unit, summary: unit, key: unit },
    rollupType: rollup,
    statsType: stats,
    level: 2,
    perDeviceLevel: 3,
  };
}

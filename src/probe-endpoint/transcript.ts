import { LOST, type PacketLog, RECEIVED } from "../analysis/packet-log.ts";
import { sizeLabel, sizesOver } from "../config/path.ts";
import { judgedPackets, lostPackets, STREAM, voidPackets, word } from "../prober/tally.ts";
import { duration, lossSentence } from "../report/text.ts";
import { boundsOf, type RunFacts } from "./run-facts.ts";

/** Packets that a transcript names one by one; of longer runs those that did not come back. */
const MAX_PACKET_LINES = 400;

/** What happened in a run, for people: some 40 bytes a packet, 20 kB at most. */
export function transcriptOf(facts: RunFacts): string {
  return [
    `${instant(facts.startedAtSeconds)}: ${facts.target}, module ${facts.module.name}`,
    ...lookupLines(facts),
    ...(facts.address === "" ? [] : runLines(facts)),
    "",
  ].join("\n");
}

/** One line for a list of runs. */
export function summaryOf(facts: RunFacts): string {
  if (facts.failure) return facts.failure.message;
  const sentence = lossSentence(judgedPackets(facts.run), lostPackets(facts.run), boundsOf(facts));
  return facts.complete ? sentence : `${sentence}; cut short`;
}

function instant(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

function lookupLines({ target, address, lookupSeconds, failure }: RunFacts): string[] {
  const took = `in ${duration(lookupSeconds)}`;
  if (address === "") return [`address: none ${took}: ${failure?.message ?? "no answer"}`];
  return [address === target ? `address: ${address}` : `address: ${address}, found ${took}`];
}

function runLines(facts: RunFacts): string[] {
  const { run, log, complete, durationSeconds, failure } = facts;
  const counts = [
    `sent ${word(run, STREAM.sent)}`,
    `received ${word(run, STREAM.received)}`,
    `lost ${lostPackets(run)}`,
    `void ${voidPackets(run)}`,
    `in flight ${word(run, STREAM.inFlight)}`,
  ];
  const oddities = [
    `late ${word(run, STREAM.late)}`,
    `duplicates ${word(run, STREAM.duplicates)}`,
    `reordered ${word(run, STREAM.reordered)}`,
    `runs of loss ${word(run, STREAM.bursts)}, the longest ${word(run, STREAM.longestRun)}`,
  ];
  return [
    `asked: ${asked(facts)}`,
    "",
    ...packetLines(log, sizeOf(facts)),
    "",
    `${complete ? "complete" : "cut short by the scrape timeout"} after ${duration(durationSeconds)}`,
    counts.join(", "),
    oddities.join(", "),
    ...(failure ? [failure.message] : []),
    lossSentence(judgedPackets(run), lostPackets(run), boundsOf(facts)),
  ];
}

function asked(facts: RunFacts): string {
  const { protocol, count, path } = facts.module;
  const pace = `${count} ${protocol} packets, ${path.ratePerSecond}/s`;
  return `${pace}, ${sizeOf(facts)}, timeout ${duration(path.timeoutSeconds)}; an answer within ${duration(facts.limitSeconds)}`;
}

function sizeOf({ target, module: { path, protocol } }: RunFacts): string {
  if (protocol === "tcp") return "SYN";
  const sizes = sizesOver({ ...path, name: target, target }, protocol).map(sizeLabel);
  return `${sizes.join(" or ")}${/\d$/.test(sizes.at(-1) ?? "") ? " bytes" : ""}`;
}

function packetLines(log: PacketLog, size: string): string[] {
  const all = Array.from({ length: log.count }, (_, i) => i);
  const shown = log.count <= MAX_PACKET_LINES ? all : all.filter((i) => log.outcome[i] !== RECEIVED);
  const lines = shown.slice(0, MAX_PACKET_LINES).map((i) => packetLine(log, i, size));
  const hidden = log.count - lines.length;
  return [
    `packet  sent after  size            result`,
    ...lines,
    ...(hidden > 0 ? [`(${hidden} more packets, received ones first, are left out)`] : []),
  ];
}

function packetLine({ sentSeconds, outcome, rttSeconds }: PacketLog, i: number, size: string): string {
  const after = ((sentSeconds[i] ?? 0) - (sentSeconds[0] ?? 0)).toFixed(4);
  return `${String(i + 1).padStart(6)} ${after.padStart(9)} s  ${size.padEnd(14)}  ${result(outcome[i], rttSeconds[i])}`;
}

function result(outcome: number | undefined, rttSeconds = Number.NaN): string {
  if (outcome === LOST) return "lost";
  if (outcome !== RECEIVED) return "void";
  return Number.isNaN(rttSeconds) ? "received, without time stamps" : `received, RTT ${duration(rttSeconds)}`;
}

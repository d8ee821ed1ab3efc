import type { PacketLog } from "../analysis/packet-log.ts";

/** Notes what became of each packet of a run, in send order, in memory that both threads see. */
export interface PacketRecorder {
  /** @param outcome one of packet-log.ts @param rttSeconds NaN where it is not known */
  note(sentNanos: number, outcome: number, rttSeconds: number): void;
}

const PACKET_BYTES = 8 + 8 + 1;

/** Room for this many packets; pages that are never written cost nothing. */
export function createPacketRecord(packets: number): SharedArrayBuffer {
  return new SharedArrayBuffer(8 + packets * PACKET_BYTES);
}

function arraysOf(record: SharedArrayBuffer) {
  const packets = (record.byteLength - 8) / PACKET_BYTES;
  return {
    packets,
    count: new Float64Array(record, 0, 1),
    sentSeconds: new Float64Array(record, 8, packets),
    rttSeconds: new Float64Array(record, 8 + packets * 8, packets),
    outcome: new Uint8Array(record, 8 + packets * 16, packets),
  };
}

/** What was noted so far; packets that are noted later do not show. */
export function packetLogOf(record: SharedArrayBuffer): PacketLog {
  const { count, sentSeconds, rttSeconds, outcome } = arraysOf(record);
  return { count: count[0] as number, sentSeconds, rttSeconds, outcome };
}

/** What exceeds the room is not noted. */
export function createPacketRecorder(record: SharedArrayBuffer): PacketRecorder {
  const { packets, count, sentSeconds, rttSeconds, outcome } = arraysOf(record);
  let next = count[0] as number;
  return {
    note(sentNanos, verdict, rtt) {
      if (next === packets) return;
      sentSeconds[next] = sentNanos / 1e9;
      rttSeconds[next] = rtt;
      outcome[next] = verdict;
      count[0] = ++next;
    },
  };
}

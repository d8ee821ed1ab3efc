import { ParseError } from "../../kernel/host.ts";

/** One row of the database, values in the notation of RFC 7047, section 5.1. Columns that the database lacks are absent. */
export type Row = Readonly<Record<string, unknown>>;

export type Tables = Readonly<Record<"Bridge" | "Port" | "Interface" | "QoS" | "Queue", readonly Row[]>>;

/** What an administrator or a cloud set: empty map and undefined where nothing is set. */
export interface Qos {
  readonly type: string;
  readonly config: ReadonlyMap<string, string>;
  /** Of queue 0, which carries all traffic that no flow puts elsewhere. */
  readonly defaultQueue: ReadonlyMap<string, string>;
}

/** One interface of a port; a bond has several. "Receive" is what the switch receives from it. */
export interface OvsInterface {
  readonly name: string;
  /** "system" for a device of the kernel. */
  readonly type: string;
  /** Empty where it could not be told. */
  readonly bridge: string;
  /** The bridge's datapath: "system" (kernel) or "netdev" (userspace). */
  readonly datapath: string;
  /** The kernel's driver; empty where none is told. */
  readonly driver: string;
  readonly externalIds: ReadonlyMap<string, string>;
  /** Its link is up and Open vSwitch could open it; undefined while unknown. */
  readonly up: boolean | undefined;
  readonly statistics: ReadonlyMap<string, number>;
  /** Kilobits a second, kilobits, thousands of packets a second; 0 is off, or for the burst the default. */
  readonly policing: { readonly rateKbps: number; readonly burstKb: number; readonly rateKpps: number };
  readonly qos: Qos | undefined;
}

function failed(place: string, expected: string, value: unknown): never {
  const found = (JSON.stringify(value) ?? "nothing").slice(0, 60);
  throw new ParseError(`${place}: expected ${expected}, found ${found}`);
}

/** Elements of a set; one that has exactly one element is written as that element. */
function elements(place: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value[0] !== "set") return [value];
  return Array.isArray(value[1]) ? value[1] : failed(place, "a set", value);
}

function uuids(place: string, value: unknown): string[] {
  return elements(place, value).map((element) => {
    const [tag, uuid] = Array.isArray(element) ? element : [];
    return tag === "uuid" && typeof uuid === "string" ? uuid : failed(place, "a UUID", element);
  });
}

function pairs(place: string, value: unknown): readonly (readonly [unknown, unknown])[] {
  if (value === undefined) return [];
  const [tag, entries] = Array.isArray(value) ? value : [];
  const isMap = tag === "map" && Array.isArray(entries) && entries.every((e) => Array.isArray(e) && e.length === 2);
  return isMap ? entries : failed(place, "a map", value);
}

function texts(place: string, value: unknown): ReadonlyMap<string, string> {
  return new Map(pairs(place, value).map(([key, text]) => [String(key), String(text)]));
}

function numbers(place: string, value: unknown): ReadonlyMap<string, number> {
  const known = pairs(place, value).map(([key, number]): [string, number] =>
    typeof number === "number" ? [String(key), number] : failed(`${place} ${String(key)}`, "a number", number),
  );
  // A driver without a counter says -1.
  return new Map(known.filter(([, number]) => number >= 0));
}

/** The one string of a column, empty where it has none. */
function text(place: string, value: unknown): string {
  const [first = ""] = elements(place, value);
  return typeof first === "string" ? first : failed(place, "a string", first);
}

function number(place: string, value: unknown): number {
  const [first = 0] = elements(place, value);
  return typeof first === "number" ? first : failed(place, "a number", first);
}

function byUuid(table: string, rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.flatMap((row) => uuids(table, row["_uuid"]).map((uuid) => [uuid, row] as const)));
}

function qosOf(row: Row, queues: ReadonlyMap<string, Row>): Qos {
  const [, first] = pairs("QoS queues", row["queues"]).find(([number]) => number === 0) ?? [];
  const [uuid = ""] = uuids("QoS queues", first);
  return {
    type: text("QoS type", row["type"]),
    config: texts("QoS other_config", row["other_config"]),
    defaultQueue: texts("Queue other_config", queues.get(uuid)?.["other_config"]),
  };
}

/** Where an interface belongs. */
interface Place {
  readonly bridge: string;
  readonly datapath: string;
  readonly qos: Qos | undefined;
}

/** @returns place of each interface, by the interface's UUID */
function placesOf({ Bridge, Port, QoS, Queue }: Tables): ReadonlyMap<string, Place> {
  const ports = byUuid("Port", Port);
  const qosRows = byUuid("QoS", QoS);
  const queues = byUuid("Queue", Queue);
  const places = new Map<string, Place>();
  for (const bridge of Bridge) {
    const name = text("Bridge name", bridge["name"]);
    const datapath = text(`Bridge ${name}, datapath_type`, bridge["datapath_type"]) || "system";
    for (const uuid of uuids(`Bridge ${name}, ports`, bridge["ports"])) {
      const port = ports.get(uuid);
      const [qosUuid = ""] = uuids("Port qos", port?.["qos"]);
      const row = qosRows.get(qosUuid);
      const place = { bridge: name, datapath, qos: row && qosOf(row, queues) };
      for (const member of uuids("Port interfaces", port?.["interfaces"])) places.set(member, place);
    }
  }
  return places;
}

function isUp(place: string, row: Row): boolean | undefined {
  if (text(`${place}, error`, row["error"]) !== "") return false;
  const state = text(`${place}, link_state`, row["link_state"]);
  return state === "" ? undefined : state === "up";
}

/**
 * Joins the tables. A column or table that this version lacks leaves its values unknown.
 * @throws ParseError where a value has not the form that its column has had in all versions
 */
export function parseInterfaces(tables: Tables): OvsInterface[] {
  const places = placesOf(tables);
  return tables.Interface.flatMap((row) => {
    const name = text("Interface name", row["name"]);
    if (name === "") return [];
    const [uuid = ""] = uuids(`Interface ${name}, _uuid`, row["_uuid"]);
    const column = <T>(key: string, read: (place: string, value: unknown) => T): T =>
      read(`Interface ${name}, ${key}`, row[key]);
    return {
      name,
      type: column("type", text) || "system",
      ...(places.get(uuid) ?? { bridge: "", datapath: "", qos: undefined }),
      driver: column("status", texts).get("driver_name") ?? "",
      externalIds: column("external_ids", texts),
      up: isUp(`Interface ${name}`, row),
      statistics: column("statistics", numbers),
      policing: {
        rateKbps: column("ingress_policing_rate", number),
        burstKb: column("ingress_policing_burst", number),
        rateKpps: column("ingress_policing_kpkts_rate", number),
      },
    };
  });
}

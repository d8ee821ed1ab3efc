import { ParseError } from "../../kernel/host.ts";
import type { JsonRpc } from "./json-rpc.ts";
import type { Row, Tables } from "./parse.ts";

const DATABASE = "Open_vSwitch";

/** What we ask for. Columns were added over the years; what a database lacks is left out. */
const wanted: Readonly<Record<keyof Tables, readonly string[]>> = {
  Bridge: ["name", "datapath_type", "ports"],
  Port: ["_uuid", "interfaces", "qos"],
  Interface: [
    "_uuid",
    "name",
    "type",
    "external_ids",
    "status",
    "link_state",
    "error",
    "statistics",
    "ingress_policing_rate",
    "ingress_policing_burst",
    "ingress_policing_kpkts_rate",
  ],
  QoS: ["_uuid", "type", "other_config", "queues"],
  Queue: ["_uuid", "other_config"],
};
const tableNames = Object.keys(wanted) as (keyof Tables)[];

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function found(value: unknown): string {
  return `found ${(JSON.stringify(value) ?? "nothing").slice(0, 60)}`;
}

/** Columns of ours that each table of a schema has. @param schema RFC 7047, section 3.2 */
function columnsOf(schema: unknown): ReadonlyMap<keyof Tables, readonly string[]> {
  const tables = isObject(schema) ? schema["tables"] : undefined;
  if (!isObject(tables)) throw new ParseError(`get_schema: expected an object with tables, ${found(schema)}`);
  const columns = new Map<keyof Tables, readonly string[]>();
  for (const name of tableNames) {
    const table = tables[name];
    const known = isObject(table) ? table["columns"] : undefined;
    if (!isObject(known)) continue;
    columns.set(
      name,
      // Every row has a _uuid, which no schema lists.
      wanted[name].filter((column) => column === "_uuid" || column in known),
    );
  }
  return columns;
}

function rowsOf(table: string, result: unknown): readonly Row[] {
  const rows = isObject(result) ? result["rows"] : undefined;
  if (Array.isArray(rows) && rows.every(isObject)) return rows;
  throw new ParseError(`select of ${table}: expected rows, ${found(result)}`);
}

/**
 * Reads what we know the use of, all tables in one transaction. The schema is asked each time: it costs less than to notice
 * that the database was converted to another.
 * @throws ParseError, RefusedError; Error where the connection ends
 */
export async function readTables(rpc: JsonRpc): Promise<Tables> {
  const columns = columnsOf(await rpc.call("get_schema", [DATABASE]));
  const tables = [...columns.keys()];
  const selects = tables.map((table) => ({ op: "select", table, where: [], columns: columns.get(table) }));
  const results = await rpc.call("transact", [DATABASE, ...selects]);
  if (!Array.isArray(results)) throw new ParseError(`transact: expected a list of results, ${found(results)}`);
  const read = Object.fromEntries(tables.map((table, index) => [table, rowsOf(table, results[index])]));
  return { Bridge: [], Port: [], Interface: [], QoS: [], Queue: [], ...read };
}

import { type Logger, pino } from "pino";
import type { LogFormat, LogLevel } from "./config/schema.ts";

export type Log = Logger;

const levelNames: Readonly<Record<number, string>> = { 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL" };
/** Fields that a person at a terminal knows already, or that the line shows in another place. */
const shownElsewhere = new Set(["time", "level", "msg", "pid", "hostname", "err"]);

/** One line for people: time, level, message, fields as key=value. */
export function textLine(json: string): string {
  const entry = JSON.parse(json) as Record<string, unknown> & { time: number; level: number; msg?: string };
  const fields = Object.entries(entry)
    .filter(([key]) => !shownElsewhere.has(key))
    .map(
      ([key, value]) => `${key}=${typeof value === "string" && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`,
    );
  const error = entry["err"] as { stack?: string; message?: string } | undefined;
  const words = [
    new Date(entry.time).toISOString(),
    levelNames[entry.level] ?? entry.level,
    entry.msg ?? "",
    ...fields,
  ];
  return `${words.join(" ")}\n${error ? `${error.stack ?? error.message}\n` : ""}`;
}

/** The log on stderr; stdout belongs to results. */
export function createLog(level: LogLevel, format: LogFormat): Log {
  const text = format === "text" || (format === "auto" && process.stderr.isTTY);
  const destination = text
    ? { write: (json: string) => process.stderr.write(textLine(json)) }
    : { write: (json: string) => process.stderr.write(json) };
  return pino({ level, base: null }, destination);
}

import { ParseError } from "../../kernel/host.ts";

/** An object of an answer. Whatever it holds was written by others: nothing about it is known. */
export type Json = Readonly<Record<string, unknown>>;

const MAX_TEXT = 256;

export function objectOf(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function objectAt(object: Json | undefined, key: string): Json | undefined {
  return objectOf(object?.[key]);
}

export function listAt(object: Json | undefined, key: string): readonly unknown[] | undefined {
  const value = object?.[key];
  return Array.isArray(value) ? value : undefined;
}

/** A text that is not empty, as it is. */
export function textAt(object: Json | undefined, key: string): string | undefined {
  const value = object?.[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Not negative, also where it is written as text; NSX has no count or rate below 0. */
export function numberAt(object: Json | undefined, key: string): number | undefined {
  const value = object?.[key];
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}

export function isTrue(object: Json | undefined, key: string): boolean {
  const value = object?.[key];
  return value === true || value === "true";
}

/** Any Unicode but what would break a line or a terminal. */
export function clean(text: string): string {
  return text.slice(0, MAX_TEXT).replace(/[\p{Cc}\p{Cs}\u2028\u2029]/gu, "?");
}

/** @param place names the answer in errors @throws ParseError */
export function parseObject(place: string, text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const found = text === "" ? "nothing" : clean(text.slice(0, 60));
    throw new ParseError(`${place}: expected JSON, found ${found}`);
  }
  const object = objectOf(value);
  if (object) return object;
  throw new ParseError(`${place}: expected an object, found ${clean(text.slice(0, 60))}`);
}

import { readFileSync } from "node:fs";

/** The compiled program lies in dist/, two folders below package.json; the sources lie one below it. */
const root = new URL(import.meta.url.endsWith(".ts") ? "../" : "../../", import.meta.url);

/** A file that ships with the program, by its path from package.json. */
export function packageFile(path: string): URL {
  return new URL(path, root);
}

/** The package's own version; package.json is the one place that states it. */
export const version: string = JSON.parse(readFileSync(packageFile("package.json"), "utf8")).version;

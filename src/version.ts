import { readFileSync } from "node:fs";

/** The package's own version; package.json is the one place that states it. */
export const version: string = JSON.parse(readFileSync(findPackageJson(), "utf8")).version;

/** The compiled program lies two folders below package.json, the sources one. */
function findPackageJson(): URL {
  const depth = import.meta.url.endsWith(".ts") ? "../package.json" : "../../package.json";
  return new URL(depth, import.meta.url);
}

import type { Collector } from "./collector.ts";
import type { ConfiguredCollector } from "./run.ts";
import type { ServerOptions } from "./server-options.ts";

/**
 * A collector with its options, as often as it is run: one of servers on other machines has a list of them, each a source of
 * its own; with none it is told so once, and says that it is absent.
 */
export function perServer(collector: Collector, options: unknown): ConfiguredCollector[] {
  if (!Array.isArray(options)) return [{ collector, options }];
  if (options.length === 0) return [{ collector, options: undefined }];
  return options.map((server: ServerOptions) => ({ collector, options: server, server: server.name }));
}

import { resolve } from "node:path";
import type { ServerOptions } from "../collectors/server-options.ts";
import type { Config, WrittenConfig } from "./schema.ts";

type Collectors = Config["collectors"];

/** Every collector with its options, those that stand under a key of their own too. @param directory that file names are relative to */
export function collectorsOf(written: WrittenConfig, directory: string): Collectors {
  const { collectors, libvirt, vcenters, nsx_managers } = written;
  const own = {
    libvirt,
    vcenter: (vcenters as ServerOptions[]).map((server) => withFiles(server, directory)),
    nsx: (nsx_managers as ServerOptions[]).map((server) => withFiles(server, directory)),
  };
  return {
    ...collectors,
    ...Object.fromEntries(
      Object.entries(own).map(([name, options]) => [name, { enabled: collectors[name]?.enabled ?? true, options }]),
    ),
  };
}

function withFiles(server: ServerOptions, directory: string): ServerOptions {
  const { password, tls } = server;
  return {
    ...server,
    password: "file" in password ? { file: resolve(directory, password.file) } : password,
    tls: { ...tls, caFile: tls.caFile === undefined ? undefined : resolve(directory, tls.caFile) },
  };
}

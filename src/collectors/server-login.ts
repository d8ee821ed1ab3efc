import { type Host, ServerError } from "../kernel/host.ts";
import type { HttpClient } from "../kernel/http.ts";
import type { ServerOptions } from "./server-options.ts";

const passwordMissing = "set it for the exporter, or use password_file";

/** The password as it is now. @throws ServerError */
export async function readPassword(host: Host, { password }: ServerOptions): Promise<string> {
  if ("file" in password) {
    const text = await readFile(host, "password_file", password.file);
    const [line = ""] = text.split(/\r?\n/);
    if (line !== "") return line;
    throw new ServerError(
      "credentials",
      `password_file ${password.file}: expected a password in its first line, got none`,
    );
  }
  const value = host.environment(password.variable);
  if (value) return value;
  throw new ServerError(
    "credentials",
    `password_env: the variable ${password.variable} is not set: ${passwordMissing}`,
  );
}

async function readFile(host: Host, key: string, path: string): Promise<string> {
  try {
    return await host.readText(path);
  } catch (error) {
    throw new ServerError("credentials", `${key} ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A client for a server of the configuration. @throws ServerError where its CA file cannot be read */
export async function openClient(host: Host, { tls }: ServerOptions): Promise<HttpClient> {
  const { caFile, serverName, insecureSkipVerify } = tls;
  let ca: string | undefined;
  if (caFile !== undefined) {
    try {
      ca = await host.readText(caFile);
    } catch (error) {
      throw new ServerError("certificate", `tls.ca_file: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return host.http({ ca, serverName, insecureSkipVerify });
}

/**
 * `node sd-files.mjs PORT DIRECTORY`: an HTTP SD server on loopback that answers /NAME with the file of that name as it is
 * now, hangs while there is an empty one, and fails without one. Writes a line for each question.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const [port, directory = "."] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  console.log(request.url);
  const [name = ""] = (request.url ?? "").split("?");
  const text = await readFile(join(directory, name), "utf8").catch(() => undefined);
  if (text === "") return;
  response.writeHead(text === undefined ? 500 : 200, { "Content-Type": "application/json" }).end(text);
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));

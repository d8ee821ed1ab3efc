// Takes what Alertmanager delivers and prints each notification as a line of JSON. Argument: the port, on loopback.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    process.stdout.write(`${JSON.stringify({ to: request.url, ...JSON.parse(Buffer.concat(chunks)) })}\n`);
    response.end();
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("ready\n"));

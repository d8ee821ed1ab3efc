import { once } from "node:events";
import { connect } from "node:net";
import { serveParts } from "./serving.ts";

const line = `virtloss_test{path="${"p".repeat(100)}"} 1\n`;
const PIECES = 200;
const piece = line.repeat(300);

/** Some 7 MB, more than the sockets between two ends hold. */
async function* largeExposition(): AsyncGenerator<string> {
  for (let i = 0; i < PIECES; i++) yield piece;
}

test("a body of many pieces arrives whole, with its length", async () => {
  const { url, close } = await serveParts({ render: largeExposition });

  const plain = await fetch(`${url}/metrics`, { headers: { "accept-encoding": "identity" } });
  const zipped = await fetch(`${url}/metrics`, { headers: { "accept-encoding": "gzip" } });

  expect(plain.headers.get("content-length")).toBe(String(piece.length * PIECES));
  expect((await plain.text()) === piece.repeat(PIECES)).toBe(true);
  expect((await zipped.text()) === piece.repeat(PIECES)).toBe(true);
  await close();
});

test("a client that leaves in the middle of a body is no failure, and the next one is served", async () => {
  const { url, port, logged, close } = await serveParts({ render: largeExposition });
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "data");
  socket.destroy();

  const next = await fetch(`${url}/metrics`);

  expect((await next.text()).length).toBe(piece.length * PIECES);
  expect(logged).toEqual([]);
  await close();
});

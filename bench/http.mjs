import http from "node:http";

const agent = new http.Agent({ keepAlive: true });

/**
 * @param {number} port on this machine
 * @returns {Promise<{ status: number, body: Buffer, milliseconds: number }>} the body as sent, compressed where asked for
 */
export function get(port, path, headers = {}) {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode, body: Buffer.concat(chunks), milliseconds: performance.now() - begun }),
      );
    });
    request.on("error", reject);
  });
}

/** @returns whether it answers 200; false while nobody listens */
export async function answers(port, path) {
  try {
    return (await get(port, path)).status === 200;
  } catch (error) {
    if (error.code === "ECONNREFUSED") return false;
    throw error;
  }
}

/** Sum over all series of a metric. @param {string} exposition */
export function total(exposition, name) {
  let sum = 0;
  for (const line of exposition.split("\n")) {
    if (line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      sum += Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return sum;
}

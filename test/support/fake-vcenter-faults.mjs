import { gzipSync } from "node:zlib";
import { faultAnswer, noPermission, notFound, vimFault } from "./fake-vcenter-xml.mjs";

const XML = { "content-type": "text/xml; charset=utf-8", "cache-control": "no-cache" };
const MEBIBYTE = 2 ** 20;

/** @param {string | Buffer} body */
export function reply(response, body, status = 200, headers = XML) {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  response.end(bytes);
}

function replyWith(error) {
  return ({ response }) => reply(response, faultAnswer(error.fault), 500);
}

/** Writes `piece` until `bytes` are sent or the client has gone. */
async function flood(response, { head = "", piece, bytes, tail = "" }) {
  const closed = new Promise((resolve) => response.once("close", resolve));
  response.writeHead(200, XML);
  response.write(head);
  for (let sent = 0; sent < bytes && !response.destroyed; sent += piece.length) {
    if (!response.write(piece)) await Promise.race([closed, new Promise((resolve) => response.once("drain", resolve))]);
  }
  response.end(tail);
}

const ENTITIES = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join("");
const BOMB = `<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY e0 "lol">${ENTITIES}]>`;

/** The answer as it should be, begun and not ended. */
function openAnswer(answer) {
  return answer.slice(0, answer.lastIndexOf("</soapenv:Body>"));
}

/**
 * What can go wrong, by name. `answer()` is the right answer, made when it is asked for; `argument` what the test gave.
 */
export const faults = {
  /** The session has ended, and all that it held. */
  notAuthenticated: ({ expire, respond }) => {
    expire();
    return respond();
  },
  noPermission: ({ response, argument }) => {
    const { type = "Folder", id = "group-d1", privilege = "System.View" } = argument ?? {};
    replyWith(noPermission(type, id, privilege))({ response });
  },
  notFound: ({ response, argument }) => replyWith(notFound(argument ?? "vm-404"))({ response }),
  systemError: replyWith(
    vimFault("SystemError", "A general system error occurred: internal error", "<reason>internal error</reason>"),
  ),
  unavailable: ({ response }) =>
    reply(response, "<html><body><h1>503 Service Unavailable</h1>(Failed to connect to endpoint)</body></html>", 503, {
      "content-type": "text/html",
    }),
  unauthorized: ({ response }) => reply(response, "", 401, { "www-authenticate": "Basic" }),
  movedAway: ({ response }) => reply(response, "", 302, { location: "https://127.0.0.1:9/sdk" }),
  loginPage: ({ response }) =>
    reply(response, "<html><body>Please <b>log in<br></body></html>", 200, { "content-type": "text/html" }),
  empty: ({ response }) => reply(response, ""),
  noSoap: ({ response }) => reply(response, '<?xml version="1.0"?><hello/>'),
  reset: ({ tcp }) => tcp.resetAndDestroy(),
  resetInTheMiddle: async ({ response, tcp, answer }) => {
    const whole = await answer();
    response.writeHead(200, { ...XML, "content-length": Buffer.byteLength(whole) });
    response.write(whole.slice(0, whole.length / 2), () => tcp.destroySoon());
  },
  hang: () => undefined,
  slow: async ({ response, answer }) => {
    const whole = Buffer.from(await answer());
    response.writeHead(200, XML);
    let at = 0;
    const drip = setInterval(() => {
      if (response.destroyed || at >= whole.length) clearInterval(drip);
      else response.write(whole.subarray(at, at + 1));
      at += 1;
    }, 1000);
  },
  /** A whole HTTP answer with half of the XML. */
  half: async ({ response, answer }) => {
    const whole = await answer();
    reply(response, whole.slice(0, whole.length / 2));
  },
  /** Well-formed, and of the size that was asked for in MiB. */
  huge: async ({ response, answer, argument = 50 }) => {
    const head = openAnswer(await answer());
    await flood(response, {
      head,
      piece: "<filler>0123456789abcdef</filler>".repeat(1000),
      bytes: argument * MEBIBYTE,
      tail: "</soapenv:Body></soapenv:Envelope>",
    });
  },
  /** One element with one text of 50 MiB. */
  longText: async ({ response, answer, argument = 50 }) => {
    const head = `${openAnswer(await answer())}<filler>`;
    await flood(response, {
      head,
      piece: "x".repeat(65_536),
      bytes: argument * MEBIBYTE,
      tail: "</filler></soapenv:Body></soapenv:Envelope>",
    });
  },
  /** One attribute of 50 MiB. */
  longAttribute: async ({ response, answer, argument = 50 }) => {
    const head = `${openAnswer(await answer())}<filler a="`;
    await flood(response, {
      head,
      piece: "x".repeat(65_536),
      bytes: argument * MEBIBYTE,
      tail: '"/></soapenv:Body></soapenv:Envelope>',
    });
  },
  deep: async ({ response, answer }) => {
    const levels = 100_000;
    reply(
      response,
      `${openAnswer(await answer())}${"<a>".repeat(levels)}${"</a>".repeat(levels)}</soapenv:Body></soapenv:Envelope>`,
    );
  },
  /** Ten to the ninth in nine entities. */
  entities: ({ response }) =>
    reply(
      response,
      `${BOMB}<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">&e9;</soapenv:Envelope>`,
    ),
  externalEntity: ({ response }) =>
    reply(response, '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
  gzip: async ({ response, answer }) =>
    reply(response, gzipSync(await answer()), 200, { ...XML, "content-encoding": "gzip" }),
  byteOrderMark: async ({ response, answer }) => reply(response, `\uFEFF${await answer()}`),
  utf16: async ({ response, answer }) => {
    const text = (await answer()).replace('encoding="UTF-8"', 'encoding="UTF-16"');
    reply(response, Buffer.from(`\uFEFF${text}`, "utf16le"), 200, { "content-type": "text/xml; charset=utf-16" });
  },
  latin1: async ({ response, answer }) => {
    const text = (await answer()).replace('encoding="UTF-8"', 'encoding="ISO-8859-1"');
    reply(response, Buffer.from(text, "latin1"), 200, { "content-type": "text/xml; charset=iso-8859-1" });
  },
  /** Bytes that no UTF-8 text has, in the middle of the answer. */
  brokenUtf8: async ({ response, answer }) => {
    const whole = Buffer.from(await answer());
    const middle = whole.lastIndexOf("</");
    reply(
      response,
      Buffer.concat([whole.subarray(0, middle), Buffer.from([0xc3, 0x28, 0xff, 0xfe]), whole.subarray(middle)]),
    );
  },
};

import {
  ALL_STATS,
  AUTH_LIST,
  AUTH_POLKIT,
  DOMAIN_XML,
  failure,
  KEEPALIVE,
  message,
  OPEN,
  REMOTE,
  u32,
} from "./fake-libvirtd-messages.mjs";

/** What each fault does to the answer of a call; undefined: that call is answered as usual. */
export const faults = {
  hang: ({ procedure }) => (procedure === ALL_STATS ? [] : undefined),
  "close when asked": ({ procedure }, _, socket) => {
    if (procedure !== ALL_STATS) return undefined;
    socket.destroy();
    return [];
  },
  "half a message": ({ procedure }, answer, socket) => {
    if (procedure !== ALL_STATS) return undefined;
    const [whole] = answer();
    socket.end(whole.subarray(0, whole.length / 2));
    return [];
  },
  "half a body": (call, answer) => {
    if (call.procedure !== ALL_STATS) return undefined;
    const [whole] = answer();
    return [message(call, whole.subarray(28, 28 + 4 * Math.floor((whole.length - 28) / 8)))];
  },
  "one byte at a time": (_, answer) => answer().flatMap((whole) => Array.from(whole, (byte) => Buffer.from([byte]))),
  garbage: () => [Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
  "100 MB": () => [Buffer.concat([u32(100e6, REMOTE, 1, AUTH_LIST, 1, 1, 0), Buffer.alloc(1000)])],
  "wrong serial": (call) => [message(call, u32(0), { serial: call.serial + 7 })],
  "another version": (call) => [failure(call, 39, `Cannot find program ${REMOTE} version 1`)],
  sasl: (call) => (call.procedure === AUTH_LIST ? [message(call, u32(1, 1))] : undefined),
  polkit: (call) => (call.procedure === AUTH_LIST ? [message(call, u32(1, 2))] : undefined),
  "polkit refuses": (call) => {
    if (call.procedure === AUTH_LIST) return [message(call, u32(1, 2))];
    return call.procedure === AUTH_POLKIT
      ? [failure(call, 45, "authentication failed: access denied by policy")]
      : [failure(call, 39, "authentication required")];
  },
  "no driver": (call) =>
    call.procedure === OPEN ? [failure(call, 5, "no connection driver available for qemu:///system")] : undefined,
  keepalive: (call, answer) => [
    message(call, u32(), { program: KEEPALIVE, procedure: 1, type: 2, serial: 0 }),
    ...answer(),
  ],
  "no descriptions": (call) =>
    call.procedure === DOMAIN_XML ? [failure(call, 42, "Domain not found: no domain with matching uuid")] : undefined,
};

import { formatListen, parseListen } from "../../src/config/listen.ts";

test.each([
  [":10862", { host: undefined, port: 10862 }],
  ["127.0.0.1:10862", { host: "127.0.0.1", port: 10862 }],
  ["[::1]:10862", { host: "::1", port: 10862 }],
  ["localhost:0", { host: "localhost", port: 0 }],
  [":65535", { host: undefined, port: 65535 }],
])("%s is read and written alike", (text, listen) => {
  expect(parseListen(text)).toEqual(listen);
  expect(formatListen(listen)).toBe(text);
});

test.each(["", "10862", ":", ":65536", ":-1", "::1:10862", "[127.0.0.1]:1", "10.0.0.300:1", "a b:1", "http://x:1"])(
  "%j is no listen address",
  (text) => {
    expect(parseListen(text)).toBeUndefined();
  },
);

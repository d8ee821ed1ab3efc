import { STREAM, sendErrorReasons, word } from "./tally.ts";

type SendError = (typeof sendErrorReasons)[number];

const remedies: Readonly<Record<SendError, string>> = {
  EPERM: "a local firewall drops our packets: let them out",
  EACCES: "the address is a broadcast address or a rule prohibits it: probe one machine",
  ENETUNREACH: "there is no route to it: see `ip route get`",
  EHOSTUNREACH: "there is no route to it: see `ip route get`",
  EMSGSIZE: "the packet is larger than the interface's MTU: configure smaller sizes",
  ENOBUFS: "the interface's queue is full: lower the rate",
  EAGAIN: "our send buffer is full: lower the rate",
  EINVAL: "the address cannot be sent to from here: probe another one",
  ENODEV: "its interface is gone",
  ENETDOWN: "its interface is down",
  EMFILE: "too many connections at once: lower the rate, or raise the limit of open files",
  EADDRNOTAVAIL: "no source port is free: lower the rate",
  other: "see virtloss_probe_send_errors_total",
};

/** Why the kernel refused the last send that it refused, and what to do. */
export function sendRefusal(tally: Float64Array): string {
  const error = sendErrorReasons[word(tally, STREAM.lastSendError)] ?? "other";
  return `(${error}): ${remedies[error]}`;
}

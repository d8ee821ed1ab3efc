import { sockaddr, sockaddrWords } from "../kernel/ffi/sockaddr.ts";
import type { ProbeAddress } from "./commands.ts";
import type { ProbeStream, Route } from "./stream.ts";
import type { Transport } from "./transport.ts";

/** The way of a stream's packets from now on. */
export function createRoute(stream: ProbeStream, address: ProbeAddress, transport: Transport): Route {
  const destination = sockaddr(address.address, address.zoneIndex, stream.port);
  return {
    family: address.family,
    address,
    sockaddr: destination,
    name: sockaddrWords(destination),
    transport,
    firstSequence: stream.ledger.nextSequence,
    sessions: [],
  };
}

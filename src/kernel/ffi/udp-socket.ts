import { errnoName, lastErrno, nativeBytes } from "./libc.ts";
import {
  askForBuffers,
  type Family,
  ProbeNotPermittedError,
  type ProbeSocket,
  type SendingOptions,
  sendAs,
  stampPackets,
  tellErrors,
} from "./probe-socket.ts";
import * as sys from "./socket.ts";

/**
 * Opens a UDP socket on a port of the kernel's choice, with kernel stamps on; it needs no privilege.
 * @throws ProbeNotPermittedError where an option is refused or the machine lacks the family
 */
export function openUdpSocket(family: Family, receiveBufferBytes: number, options: SendingOptions): ProbeSocket {
  const fd = sys.socket(family === 4 ? sys.AF_INET : sys.AF_INET6, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
  if (fd < 0) throw new ProbeNotPermittedError(`this machine has no IPv${family} (${errnoName(lastErrno())})`);
  askForBuffers(fd, receiveBufferBytes);
  stampPackets(fd);
  tellErrors(fd, family);
  sendAs(fd, family, options);
  return {
    fd,
    family,
    kind: "udp",
    identifier: boundPort(fd, family, options),
    tellsErrors: true,
  };
}

/** The port that packets will leave from; a socket that is not bound yet gets one now. */
function boundPort(fd: number, family: Family, { source }: SendingOptions): number {
  const bytes = family === 4 ? 16 : 28;
  const address = nativeBytes(bytes);
  const length = nativeBytes(4);
  address.writeUInt16LE(family === 4 ? sys.AF_INET : sys.AF_INET6, 0);
  length.writeUInt32LE(bytes);
  if (source === null && sys.bind(fd, address, bytes) < 0) throw new Error(`bind: ${errnoName(lastErrno())}`);
  sys.getsockname(fd, address, length);
  return address.readUInt16BE(2);
}

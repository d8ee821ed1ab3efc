import { errnoName, lastErrno, nativeBytes } from "./libc.ts";
import * as sys from "./socket.ts";

export function int32(value: number): Buffer {
  const bytes = nativeBytes(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** @throws Error with level, option and errno where the kernel refuses */
export function setOption(fd: number, level: number, option: number, value: Uint8Array): void {
  if (sys.setsockopt(fd, level, option, value, value.length) < 0) {
    throw new Error(`setsockopt level ${level} option ${option}: ${errnoName(lastErrno())}`);
  }
}

/** @returns false where the kernel refuses */
export function tryOption(fd: number, level: number, option: number, value: number): boolean {
  return sys.setsockopt(fd, level, option, int32(value), 4) === 0;
}

/** @returns the option's value; 0 where the kernel refuses to tell */
export function getOption(fd: number, level: number, option: number): number {
  const value = nativeBytes(4);
  return sys.getsockopt(fd, level, option, value, int32(4)) < 0 ? 0 : value.readInt32LE();
}

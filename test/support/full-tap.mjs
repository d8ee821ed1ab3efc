// node full-tap.mjs DEVICE: makes a tap, says so, and never reads from it, as a guest that does not drain its ring.
// Ends with its standard input, and the tap with it.
import { openSync } from "node:fs";
import koffi from "koffi";

const [device] = process.argv.slice(2);
const TUNSETIFF = 0x400454ca;
const IFF_TAP_NO_PI = 0x1002;

const ioctl = koffi.load(null).func("int ioctl(int, ulong, void *)");
const fd = openSync("/dev/net/tun", "r+");
const request = Buffer.from(new ArrayBuffer(128));
request.write(device);
request.writeUInt16LE(IFF_TAP_NO_PI, 16);
if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error("TUNSETIFF failed: is this root, and /dev/net/tun there?");
console.log("ready");
process.stdin.resume().on("end", () => process.exit(0));

// Makes a tap device and never reads from it, as a guest does that has no time: what comes beyond its queue is dropped.
// Argument: the device's name. Prints "ready"; the device goes when this ends, with its standard input.
import { closeSync, openSync } from "node:fs";
import koffi from "koffi";

const [device = "tap0"] = process.argv.slice(2);
const TUNSETIFF = 0x400454ca;
const IFF_TAP_NO_PI = 0x1002;

const ioctl = koffi.load(null).func("int ioctl(int, ulong, void *)");
const fd = openSync("/dev/net/tun", "r+");
const request = Buffer.from(new ArrayBuffer(128));
request.write(device);
request.writeUInt16LE(IFF_TAP_NO_PI, 16);
if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error("TUNSETIFF failed: is this root, and /dev/net/tun there?");

process.stdout.write("ready\n");
process.stdin.resume().on("end", () => closeSync(fd));

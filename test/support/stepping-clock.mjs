// Loaded ahead of the program (NODE_OPTIONS=--import): in its worker threads somebody sets the wall clock by an hour, forward
// and back, many times a second. The clock of the machine stays as it is: what changes is what libc answers, the clock itself
// and the kernel's stamps of packets alike.
import { isMainThread } from "node:worker_threads";
import koffi from "koffi";

const CLOCK_REALTIME = 0;
const SOL_SOCKET = 1;
const STAMPS = [35, 37]; // SCM_TIMESTAMPNS, SCM_TIMESTAMPING
const STEPS = [3600, 0, -3600, 0];
/** Calls of either from one step to the next; a round of the engine has some ten. */
const fewest = 50;
const most = 150;

/** struct mmsghdr and struct cmsghdr of 64-bit Linux. */
const MESSAGE_BYTES = 64;
const CONTROL_AT = 32;
const CONTROL_HEADER = 16;

let steps = 0;
let left = most;

function seconds() {
  return STEPS[steps % STEPS.length];
}

function tick() {
  if (--left > 0) return;
  steps++;
  left = fewest + Math.floor(Math.random() * (most - fewest));
}

function clockGettime(real) {
  return (clock, timespec) => {
    tick();
    const answer = real(clock, timespec);
    if (clock === CLOCK_REALTIME) shift(new DataView(timespec.buffer, timespec.byteOffset), 0);
    return answer;
  };
}

function recvmmsg(real) {
  return (fd, messages, count, flags, timeout) => {
    tick();
    const received = real(fd, messages, count, flags, timeout);
    for (let i = 0; i < received; i++)
      shiftStamps(new DataView(koffi.view(messages + BigInt(i * MESSAGE_BYTES), MESSAGE_BYTES)));
    return received;
  };
}

function shiftStamps(message) {
  const length = Number(message.getBigUint64(CONTROL_AT + 8, true));
  if (length === 0) return;
  const control = new DataView(koffi.view(message.getBigUint64(CONTROL_AT, true), length));
  for (let at = 0; at + CONTROL_HEADER <= length; ) {
    const stamped = control.getInt32(at + 8, true) === SOL_SOCKET && STAMPS.includes(control.getInt32(at + 12, true));
    if (stamped && control.getUint32(at + CONTROL_HEADER, true) !== 0) shift(control, at + CONTROL_HEADER);
    at += (control.getUint32(at, true) + 7) & ~7;
  }
}

function shift(view, at) {
  view.setUint32(at, view.getUint32(at, true) + seconds(), true);
}

const wrappers = { clock_gettime: clockGettime, recvmmsg };

if (!isMainThread) {
  const { load } = koffi;
  koffi.load = (...libraries) =>
    new Proxy(load(...libraries), {
      get(library, property) {
        const value = library[property];
        if (property !== "func") return typeof value === "function" ? value.bind(library) : value;
        return (definition) => {
          const real = library.func(definition);
          const wrap = wrappers[/(\w+)\(/.exec(definition)?.[1]];
          return wrap ? wrap(real) : real;
        };
      },
    });
}

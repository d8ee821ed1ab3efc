const TICK_MS = 2;

/**
 * The longest time for which the event loop was held while `work` ran, in milliseconds. Of a turn only what this process spent
 * on a CPU counts: on a shared machine others take the CPU away for longer than that.
 */
export async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let wall = performance.now();
  let cpu = process.cpuUsage();
  const look = () => {
    const { user, system } = process.cpuUsage(cpu);
    longest = Math.max(longest, Math.min(performance.now() - wall, (user + system) / 1000));
    wall = performance.now();
    cpu = process.cpuUsage();
  };
  const timer = setInterval(look, TICK_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
    look();
  }
  return longest;
}

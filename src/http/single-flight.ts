/** Calls with one key that overlap in time share one run; a call after its end starts the next. */
export function singleFlight<Key, Value>(run: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const underWay = new Map<Key, Promise<Value>>();
  return (key) => {
    const shared = underWay.get(key);
    if (shared !== undefined) return shared;
    const started = run(key).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  };
}

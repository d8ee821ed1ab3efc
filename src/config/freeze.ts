/** Makes plain data unchangeable, however deep. @returns the same object */
export function deepFreeze<T>(value: T): T {
  // Plain data only: options of collectors may hold regular expressions, which write to themselves.
  const isPlain = Array.isArray(value) || Object.prototype.toString.call(value) === "[object Object]";
  if (!isPlain || Object.isFrozen(value)) return value;
  Object.values(value as object).forEach(deepFreeze);
  return Object.freeze(value);
}

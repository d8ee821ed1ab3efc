/** Counts what `affected_cpus` of a frequency policy lists: numbers with blanks between, none while all are offline. */
export function countCpus(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

/** vCenter's limits of bandwidth are in Mbit/s. */
export const MEGABIT_BYTES = 125_000;

/** vCenter writes three characters of names as a URL does; all others as they are. */
export function nameOf(text: string | undefined): string | undefined {
  return text?.replace(/%(25|2f|5c)/gi, (code) => decodeURIComponent(code));
}

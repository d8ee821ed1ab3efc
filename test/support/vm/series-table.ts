/** Figures before and during something, as a table for people. */
export interface Row {
  readonly name: string;
  readonly before: number | undefined;
  readonly during: number | undefined;
}

export function printTable(title: string, rows: readonly Row[]): void {
  const shown = (value: number | undefined) => (value === undefined ? "-" : Number(value.toPrecision(4)).toString());
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, before: string, during: string) =>
    `${name.padEnd(width)}  ${before.padStart(12)}  ${during.padStart(12)}\n`;
  process.stdout.write(
    `\n${title}\n${line("", "before", "during")}${rows.map((row) => line(row.name, shown(row.before), shown(row.during))).join("")}\n`,
  );
}

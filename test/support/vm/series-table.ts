type Figures = Readonly<Record<string, number | undefined>>;

/** Prints figures before and during something, for people. */
export function printTable(title: string, before: Figures, during: Figures): void {
  const names = Object.keys(before);
  const width = Math.max(...names.map((name) => name.length));
  const shown = (value: number | undefined) => (value === undefined ? "-" : String(Number(value.toPrecision(4))));
  const line = (name: string, ...values: string[]) =>
    `${name.padEnd(width)}${values.map((value) => value.padStart(12)).join("")}\n`;
  const lines = names.map((name) => line(name, shown(before[name]), shown(during[name])));
  process.stdout.write(`\n${title}\n${line("", "before", "during")}${lines.join("")}\n`);
}

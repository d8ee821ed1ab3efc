/** Which interfaces a collector reports, by name; `interface-options.ts` makes it of the configuration. */
export interface InterfaceChoice {
  readonly include?: RegExp | undefined;
  readonly exclude: RegExp;
}

export function isIncluded(device: string, { include }: InterfaceChoice): boolean {
  return include?.test(device) === true;
}

/** `include` wins. */
export function isReported(device: string, choice: InterfaceChoice): boolean {
  return isIncluded(device, choice) || !choice.exclude.test(device);
}

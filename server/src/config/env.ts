/** The only place that reads the process environment. */

/** @returns the environment as it is, for `readConfig` */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

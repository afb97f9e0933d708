/** CPU seconds as µs per unit. */
export function microsecondsPerUnit(seconds: number | null, units: number): number | null {
  return seconds === null || units <= 0 ? null : (seconds * 1e6) / units;
}

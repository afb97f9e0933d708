/**
 * The time of day in milliseconds with fractions: the one clock that all processes of a machine share. It is taken from the
 * monotonic one and so does not jump while a process runs.
 */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

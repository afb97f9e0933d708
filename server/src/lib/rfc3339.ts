/** Times as RFC 3339 text: read with any offset and precision, written in UTC with milliseconds. */

/** @returns milliseconds of the Unix epoch, digits beyond them cut off; NaN when it is no such time */
export function parseRfc3339Ms(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return Number.NaN;
  const [, date, minutes, seconds, fraction = "", offset] = match;
  // A leap second is read as the last second before it, as most clocks do.
  const wholeSeconds = seconds === "60" ? "59" : seconds;
  return Date.parse(`${date}T${minutes}:${wholeSeconds}${fraction.slice(0, 4)}${offset!.toUpperCase()}`);
}

/** @returns e.g. `2026-11-21T20:56:29.123Z` */
export const formatRfc3339 = (ms: number): string => new Date(ms).toISOString();

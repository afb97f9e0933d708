/** Times as RFC 3339 text: read with any offset and precision, written in UTC with milliseconds. */

/** What can be written with four digits of a year, in UTC; no database and no reader takes others alike. */
const earliestMs = Date.parse("0001-01-01T00:00:00.000Z");
const latestMs = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * @returns milliseconds of the Unix epoch, digits beyond them cut off; NaN when it is no such time, or none of the years
 * 1 to 9999 in UTC
 */
export function parseRfc3339Ms(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return Number.NaN;
  const [, date, minutes, seconds, fraction = "", offset] = match;
  // A leap second is read as the last second before it, as most clocks do.
  const wholeSeconds = seconds === "60" ? "59" : seconds;
  const ms = Date.parse(`${date}T${minutes}:${wholeSeconds}${fraction.slice(0, 4)}${offset!.toUpperCase()}`);
  return ms >= earliestMs && ms <= latestMs ? ms : Number.NaN;
}

/** @returns e.g. `2026-11-21T20:56:29.123Z` */
export const formatRfc3339 = (ms: number): string => new Date(ms).toISOString();

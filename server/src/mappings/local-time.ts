/** Times of senders that leave out the time zone. Pure. */

const formats = new Map<string, Intl.DateTimeFormat>();
const formatsMax = 100;

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  if (formats.size >= formatsMax) formats.clear();
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(timezone, made);
  return made;
}

/** How far the clocks of a time zone are ahead of UTC at a moment. */
function offsetMsAt(ms: number, timezone: string): number {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const shown = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  return shown - Math.floor(ms / 1000) * 1000;
}

/**
 * @param timezone IANA time zone
 * @returns milliseconds of the epoch of `2026-03-29T02:30:00` there, NaN when it is no such time. Of an hour that there is twice the
 * first is meant; one that is skipped is read by the clock before.
 */
export function localTimeMs(text: string, timezone: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?$/.exec(text);
  if (match === null) return Number.NaN;
  const [, date, minutes, seconds = ":00"] = match;
  const asUtc = Date.parse(`${date}T${minutes}${seconds.slice(0, 7)}Z`);
  if (Number.isNaN(asUtc)) return Number.NaN;
  const dayMs = 86_400_000;
  const earlier = offsetMsAt(asUtc - dayMs, timezone);
  const later = offsetMsAt(asUtc + dayMs, timezone);
  const isSo = (offsetMs: number): boolean => offsetMsAt(asUtc - offsetMs, timezone) === offsetMs;
  return asUtc - (isSo(earlier) || !isSo(later) ? earlier : later);
}

/** Reads the times of a file: a written-out format in a time zone, RFC 3339, or a count since 1970. */
import { BoundedMap } from "../../lib/bounded-map.ts";
import { parseRfc3339Ms } from "../../lib/rfc3339.ts";

/** @returns milliseconds of the Unix epoch, or NaN when the text is no such time */
export type ReadTime = (text: string) => number;

const tokens: Readonly<Record<string, string>> = {
  YYYY: "(?<year>\\d{4})",
  MM: "(?<month>\\d{2})",
  M: "(?<month>\\d{1,2})",
  DD: "(?<day>\\d{2})",
  D: "(?<day>\\d{1,2})",
  HH: "(?<hour>\\d{2})",
  H: "(?<hour>\\d{1,2})",
  mm: "(?<minute>\\d{2})",
  ss: "(?<second>\\d{2})",
};
const tokenPattern = /YYYY|MM|M|DD|D|HH|H|mm|ss/g;
const quarterHourMs = 15 * 60_000;
const dayMs = 86_400_000;
const offsetsKept = 50_000;

/**
 * @param format `rfc3339`, `unix-seconds`, `unix-milliseconds`, or a pattern such as `YYYY-MM-DD HH:mm:ss` or `M/D/YYYY H:mm`
 * @param zone IANA name of the time zone of a pattern's times
 * @throws Error that says what is wrong with the format or zone
 */
export function compileTimeFormat(format: string, zone: string): ReadTime {
  if (format === "rfc3339") return remembered(parseRfc3339Ms);
  if (format === "unix-seconds") return (text) => epoch(text) * 1000;
  if (format === "unix-milliseconds") return epoch;
  const pattern = patternOf(format);
  const toUtcMs = zoneReader(zone);
  return remembered((text) => {
    const localMs = localTime(pattern.exec(text)?.groups);
    return Number.isNaN(localMs) ? localMs : toUtcMs(localMs);
  });
}

const epoch = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : Number.NaN);

/** The rows of one receipt follow each other, so the last time is asked for again and again. */
function remembered(read: ReadTime): ReadTime {
  let lastText = "";
  let lastMs = Number.NaN;
  return (text) => {
    if (text !== lastText) {
      lastMs = read(text);
      lastText = text;
    }
    return lastMs;
  };
}

function patternOf(format: string): RegExp {
  const source = format
    .split(/(YYYY|MM|M|DD|D|HH|H|mm|ss)/)
    .map((part) => (Object.hasOwn(tokens, part) ? tokens[part]! : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
  const found = new Set(format.match(tokenPattern)?.map((token) => token[0]!) ?? []);
  for (const needed of ["Y", "M", "D"])
    if (!found.has(needed)) throw new Error(`format "${format}" needs year, month and day: YYYY, MM (or M), DD (or D)`);
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw new Error(`format "${format}" names a part twice`);
  }
}

function localTime(parts: Record<string, string> | undefined): number {
  if (parts === undefined) return Number.NaN;
  const { year, month, day, hour = 0, minute = 0, second = 0 } = parts;
  const ms = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second);
  const date = new Date(ms);
  const isReal =
    date.getUTCDate() === +day! && date.getUTCMonth() === +month! - 1 && +hour < 24 && +minute < 60 && +second < 60;
  return isReal ? ms : Number.NaN;
}

/**
 * Local to universal time. An hour that a clock shows twice is the first one; one that it skips counts from the offset
 * before, as most calendars do.
 */
function zoneReader(zone: string): (localMs: number) => number {
  const offsetAt = offsetReader(zone);
  const known = new BoundedMap<number, number>(offsetsKept);
  return (localMs) => {
    const quarter = Math.floor(localMs / quarterHourMs);
    let offsetMs = known.get(quarter);
    if (offsetMs === undefined) {
      const before = offsetAt(localMs - dayMs);
      const after = offsetAt(localMs + dayMs);
      offsetMs = offsetAt(localMs - before) !== before && offsetAt(localMs - after) === after ? after : before;
      known.set(quarter, offsetMs);
    }
    return localMs - offsetMs;
  };
}

function offsetReader(zone: string): (utcMs: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  } catch {
    throw new Error(`zone "${zone}" is no time zone such as Europe/London`);
  }
  return (utcMs) => {
    const name = format.formatToParts(utcMs).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
    const match = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name);
    if (match === null) return 0;
    const [, sign, hours, minutes, seconds = "0"] = match;
    return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  };
}

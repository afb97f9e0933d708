/** Hours and days as numbers: an hour is one since 1970 in UTC, a day is a date of a location's own calendar. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** No clock of any country is changed, or differs from UTC, by less. */
const slotMs = hourMs / 4;
/** Slots whose dates are remembered; then all are forgotten. */
const slotsKeptMax = 100_000;

/** Periods that history is told in. The position is the column `grain`. */
export const grains = ["hour", "day"] as const;
export type Grain = (typeof grains)[number];

/** Dates of moments in time zones. */
export class Calendar {
  readonly #formats = new Map<string, Intl.DateTimeFormat | null>();
  readonly #days = new Map<string, number>();

  /** @returns the hour that a moment lies in */
  hourOf(atMs: number): number {
    return Math.floor(atMs / hourMs);
  }

  /** @param timezone IANA name; UTC for none, and for one that nobody knows @returns the day that a moment lies in */
  dayOf(atMs: number, timezone: string | null): number {
    const format = timezone === null ? null : this.#formatOf(timezone);
    if (format === null) return Math.floor(atMs / dayMs);
    const slot = Math.floor(atMs / slotMs);
    const key = `${slot}/${timezone}`;
    const known = this.#days.get(key);
    if (known !== undefined) return known;
    const parts = Object.fromEntries(
      format.formatToParts(slot * slotMs).map(({ type, value }) => [type, Number(value)]),
    );
    const day = Math.floor(Date.UTC(parts.year!, parts.month! - 1, parts.day!) / dayMs);
    if (this.#days.size >= slotsKeptMax) this.#days.clear();
    this.#days.set(key, day);
    return day;
  }

  /** @returns when a period begins, in ms. Where midnight is left out, a day begins when the clock goes on */
  startOf(grain: Grain, period: number, timezone: string | null): number {
    if (grain === "hour") return period * hourMs;
    const midnight = period * dayMs;
    if (timezone === null || this.#formatOf(timezone) === null) return midnight;
    // The first slot of the day lies within 26 hours around its midnight in UTC.
    let low = Math.floor((midnight - 26 * hourMs) / slotMs);
    let high = Math.floor((midnight + 26 * hourMs) / slotMs);
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.dayOf(middle * slotMs, timezone) >= period) high = middle;
      else low = middle + 1;
    }
    return low * slotMs;
  }

  /** @returns the period that a moment lies in */
  periodOf(grain: Grain, atMs: number, timezone: string | null): number {
    return grain === "hour" ? this.hourOf(atMs) : this.dayOf(atMs, timezone);
  }

  #formatOf(timezone: string): Intl.DateTimeFormat | null {
    const known = this.#formats.get(timezone);
    if (known !== undefined) return known;
    const format = formatIn(timezone);
    this.#formats.set(timezone, format);
    return format;
  }
}

function formatIn(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "numeric",
      day: "numeric",
    });
  } catch {
    return null;
  }
}

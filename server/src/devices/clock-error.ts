/**
 * How far a device's clock is off, and how sure that is. A device says what its clock shows when it sends, and how long an
 * earlier request took there and back: our time then lay within that, so the offset is known to half of it (as NTP does it,
 * RFC 5905, 8). A clock also drifts, and somebody may set it. Times of a log are right within the error, or nobody knows.
 * Pure.
 */

export const clockLimits = {
  /** How long a request may have been on its way when the device does not say: what an HTTP client waits. */
  unknownTripMsMax: 30_000,
  /** Longest trip that is believed. */
  tripMsMax: 120_000,
  /** How much a clock gains or loses, in parts per million: ten times what a quartz does at room temperature. */
  driftPpm: 200,
  /**
   * Readings that differ by no more than this are of one clock that nobody set: a request may have been slower than the one
   * that was measured. The error is widened by what they differ.
   */
  slowRequestMsMax: 30_000,
  /** A log's times may go back by so much without anybody having set the clock: lines that were written side by side. */
  disorderMs: 2_000,
} as const;

/** What is known of a clock: add `offsetMs` to its times; they are right within `errorMs`, null when nobody knows. */
export interface ClockReading {
  readonly offsetMs: number;
  readonly errorMs: number | null;
}

/** What was known when the device was heard from before. */
export interface EarlierReading extends ClockReading {
  /** What its clock said then, in ms. */
  readonly clockAtMs: number;
}

export interface LogTimes {
  /** What the clock shows now, in ms; null when the device does not say. */
  readonly clockAtMs: number | null;
  /** How long an earlier request took there and back, in ms; null when the device does not say. */
  readonly tripMs: number | null;
  /** Times of the lines, in the order in which they were written; null for lines without one. */
  readonly linesAtMs: readonly (number | null)[];
}

export interface ReadClock {
  /** How the clock stands now. */
  readonly now: ClockReading;
  /** For each line how to read its time. */
  readonly lines: readonly ClockReading[];
}

const unknown: ClockReading = { offsetMs: 0, errorMs: null };

/**
 * @param arrivedAtMs when the request arrived, by our clock
 * @param earlier what was known before, or null when the device is new
 */
export function readClock(log: LogTimes, arrivedAtMs: number, earlier: EarlierReading | null): ReadClock {
  const { clockAtMs, tripMs, linesAtMs } = log;
  if (clockAtMs === null) return { now: unknown, lines: linesAtMs.map(() => unknown) };
  const { unknownTripMsMax, tripMsMax } = clockLimits;
  const trip = Math.min(tripMs ?? unknownTripMsMax, tripMsMax);
  const halfTrip = Math.ceil(trip / 2);
  const measured = { offsetMs: arrivedAtMs - clockAtMs - halfTrip, errorMs: halfTrip };
  const now: ClockReading = { ...measured, errorMs: halfTrip + surpriseMs(measured, clockAtMs, earlier) };
  const steps = stepsIn([...linesAtMs, clockAtMs]);
  const lines = linesAtMs.map((atMs, index) => {
    if (atMs === null) return now;
    return readingOf(atMs, {
      now,
      clockAtMs,
      earlier,
      isBehindSteps: steps.every((step) => index >= step),
      steps,
      index,
    });
  });
  return { now, lines };
}

/** Where times go back, as indices of the first line after: there the clock was set back. */
function stepsIn(times: readonly (number | null)[]): number[] {
  const steps: number[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (const [index, atMs] of times.entries()) {
    if (atMs === null) continue;
    if (atMs < latest - clockLimits.disorderMs) {
      steps.push(index);
      latest = atMs;
    } else latest = Math.max(latest, atMs);
  }
  return steps;
}

interface Situation {
  readonly now: ClockReading;
  readonly clockAtMs: number;
  readonly earlier: EarlierReading | null;
  readonly steps: readonly number[];
  readonly index: number;
  /** Nothing that can be seen was done to the clock since the line was written. */
  readonly isBehindSteps: boolean;
}

function readingOf(atMs: number, situation: Situation): ClockReading {
  const { now, clockAtMs, earlier, isBehindSteps, steps, index } = situation;
  const agrees = earlier === null || isSameClock(earlier, now, clockAtMs);
  // Nobody has set the clock as far as can be told, or not since the line was written.
  if (isBehindSteps && (agrees || steps.length > 0)) return drifted(now, clockAtMs - atMs);
  // It was set once, and the line was written before that by the clock as it was known then.
  const isBeforeOnly = steps.length === 1 && index < steps[0]!;
  if (isBeforeOnly && earlier !== null && earlier.errorMs !== null) return drifted(earlier, atMs - earlier.clockAtMs);
  return { offsetMs: now.offsetMs, errorMs: null };
}

/** Whether two readings can be of one clock that nobody set in between. */
const isSameClock = (earlier: EarlierReading, now: ClockReading, clockAtMs: number): boolean =>
  earlier.errorMs === null || differenceMs(earlier, now, clockAtMs) <= clockLimits.slowRequestMsMax;

/** @returns by how much two readings differ beyond their errors and the clock's drift */
function differenceMs(earlier: EarlierReading, now: ClockReading, clockAtMs: number): number {
  const explained = earlier.errorMs! + now.errorMs! + driftMs(clockAtMs - earlier.clockAtMs);
  return Math.max(0, Math.abs(now.offsetMs - earlier.offsetMs) - explained);
}

/** @returns how much an error must be widened for what was known before to be true as well */
function surpriseMs(now: ClockReading, clockAtMs: number, earlier: EarlierReading | null): number {
  if (earlier === null || earlier.errorMs === null) return 0;
  const difference = differenceMs(earlier, now, clockAtMs);
  return difference <= clockLimits.slowRequestMsMax ? difference : 0;
}

/** @param elapsedMs by the clock itself, which may have gone too slowly */
const driftMs = (elapsedMs: number): number =>
  Math.ceil((Math.abs(elapsedMs) * clockLimits.driftPpm) / (1_000_000 - clockLimits.driftPpm));

const drifted = ({ offsetMs, errorMs }: ClockReading, elapsedMs: number): ClockReading => ({
  offsetMs,
  errorMs: errorMs === null ? null : errorMs + driftMs(elapsedMs),
});

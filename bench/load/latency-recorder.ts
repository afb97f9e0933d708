import { build, type Histogram } from "hdr-histogram-js";
import type { LatencySummary } from "./job.ts";

/** The longest latency told apart from longer ones: ten minutes. */
const LATENCY_US_MAX = 600_000_000;

/** Latencies of one run in a high dynamic range histogram: three significant digits from 1 µs up. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LATENCY_US_MAX,
    numberOfSignificantValueDigits: 3,
  });

  /** Adds one latency; anything below a microsecond counts as one, beyond ten minutes as ten minutes. */
  record(latencyUs: number): void {
    const whole = Math.round(latencyUs);
    this.#histogram.recordValue(whole < 1 ? 1 : whole > LATENCY_US_MAX ? LATENCY_US_MAX : whole);
  }

  /** The percentiles so far; all zero when nothing was recorded. */
  summary(): LatencySummary {
    const histogram = this.#histogram;
    if (histogram.totalCount === 0) return { p50Us: 0, p99Us: 0, p999Us: 0, maxUs: 0, meanUs: 0 };
    // A percentile is the upper edge of its bucket, which may lie beyond the largest value in it.
    const percentile = (percent: number): number =>
      Math.min(histogram.getValueAtPercentile(percent), histogram.maxValue);
    return {
      p50Us: percentile(50),
      p99Us: percentile(99),
      p999Us: percentile(99.9),
      maxUs: histogram.maxValue,
      meanUs: Math.round(histogram.mean),
    };
  }
}

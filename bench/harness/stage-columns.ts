/**
 * Where the server's own time goes, from its Prometheus counters: read before and after the measured window, the
 * difference divided by the units of work. A target that does not have a counter shows "–".
 */

/** One extra column of the report. */
export interface StageColumn {
  /** Its heading: µs per unit are shown. */
  readonly title: string;
  /** A counter in seconds, without labels; series of the same name are added up. */
  readonly metric: string;
}

/**
 * The columns: HTTP, decide, encode, PostgreSQL. Their names come from the server's metrics; a line here is all it takes, e.g.
 * `{ title: "decide", metric: "onhand_writer_decide_seconds_total" }`.
 */
export const STAGE_COLUMNS: readonly StageColumn[] = [];

/** Sums of the wanted counters by metric name. */
export type StageReading = ReadonlyMap<string, number>;

/** Scrapes a server; empty when there are no columns to fill, so that nothing is added to the measured work. */
export async function readStages(url: string, columns: readonly StageColumn[] = STAGE_COLUMNS): Promise<StageReading> {
  if (columns.length === 0) return new Map();
  const response = await fetch(`${url}/metrics`);
  return response.ok ? sumMetrics(await response.text(), new Set(columns.map((column) => column.metric))) : new Map();
}

/** Adds up the series of each wanted metric in Prometheus' text format. */
export function sumMetrics(text: string, wanted: ReadonlySet<string>): StageReading {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = line.match(/^([A-Za-z_:][\w:]*)(?:\{.*\})? (\S+)/);
    if (match === null || !wanted.has(match[1]!)) continue;
    sums.set(match[1]!, (sums.get(match[1]!) ?? 0) + Number(match[2]));
  }
  return sums;
}

/** Microseconds per unit by metric name, where both readings have the metric. */
export function stagesPerUnitUs(before: StageReading, after: StageReading, units: number): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [metric, seconds] of after) {
    const start = before.get(metric);
    if (start !== undefined && units > 0) result[metric] = ((seconds - start) * 1e6) / units;
  }
  return result;
}

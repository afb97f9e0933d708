/**
 * Where the server's own time goes, from its Prometheus counters: read before and after the measured window, the
 * difference divided by the units of work. A target that does not have a counter shows "–".
 */

/** One extra column of the report. */
export interface StageColumn {
  /** Its heading: µs per unit are shown. */
  readonly title: string;
  /** A counter in seconds: a name, whose series are added up, or one series with its labels as they are printed. */
  readonly metric: string;
}

/** What is neither of these is HTTP, validation, keys and answers; PostgreSQL has its own column. */
export const STAGE_COLUMNS: readonly StageColumn[] = [
  { title: "decide", metric: 'onhand_group_stage_seconds_sum{stage="decide"}' },
  { title: "encode", metric: 'onhand_group_stage_seconds_sum{stage="encode"}' },
];

/** Sums of the wanted counters by metric name. */
export type StageReading = ReadonlyMap<string, number>;

/** Scrapes a server; empty when there are no columns to fill, so that nothing is added to the measured work. */
export async function readStages(
  url: string,
  bearer: string,
  columns: readonly StageColumn[] = STAGE_COLUMNS,
): Promise<StageReading> {
  if (columns.length === 0) return new Map();
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${bearer}` } });
  return response.ok ? sumMetrics(await response.text(), new Set(columns.map((column) => column.metric))) : new Map();
}

/** Adds up the series of each wanted metric in Prometheus' text format. */
export function sumMetrics(text: string, wanted: ReadonlySet<string>): StageReading {
  const sums = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = line.match(/^(([A-Za-z_:][\w:]*)(?:\{.*\})?) (\S+)/);
    if (match === null) continue;
    const [, series, name, value] = match as unknown as [string, string, string, string];
    const metric = wanted.has(series) ? series : name;
    if (wanted.has(metric)) sums.set(metric, (sums.get(metric) ?? 0) + Number(value));
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

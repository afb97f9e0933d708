import type { LatencySummary } from "../load/job.ts";
import type { Delays, ReaderResult } from "../readers/job.ts";
import type { CpuSpent } from "./cpu-meter.ts";
import { microsecondsPerUnit } from "./per-unit.ts";

/** What one run of readers and a writer came to. */
export interface FeedFigures {
  readonly readers: number;
  readonly eventsPerSecond: number;
  readonly writeLatency: LatencySummary;
  readonly deliveriesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Null when nobody read, or when the writer did not note its writes. */
  readonly delays: Delays | null;
  readonly withinSecondShare: number | null;
  /** All CPU of the server that is read from, and of the one that is written to. */
  readonly serverUsPerDelivery: number | null;
  readonly serverUsPerEvent: number | null;
  readonly readersUsPerDelivery: number | null;
  /** CPU seconds a second of the readers' process, and of the bare server when it runs beside. */
  readonly readersCores: number | null;
  readonly besideCores: number | null;
  readonly reconnects: number;
  readonly silentReconnects: number;
}

/** What a writer did, in the measured window. */
export interface WriterFigures {
  readonly eventsPerSecond: number;
  readonly windowSeconds: number;
  readonly latency: LatencySummary;
}

/** Puts the readers' result beside the writer's. @param read null when nobody read */
export function feedFigures(
  readers: number,
  writer: WriterFigures,
  read: ReaderResult | null,
  cpu: CpuSpent,
): FeedFigures {
  const deliveries = read?.deliveries ?? 0;
  const seconds = read?.windowSeconds ?? writer.windowSeconds;
  const [readersSeconds = null, besideSeconds = null] = cpu.otherSeconds;
  const cores = (spent: number | null): number | null => (spent === null ? null : spent / writer.windowSeconds);
  return {
    readers,
    eventsPerSecond: writer.eventsPerSecond,
    writeLatency: writer.latency,
    deliveriesPerSecond: deliveries / seconds,
    bytesPerSecond: (read?.bytes ?? 0) / seconds,
    delays: read?.delays ?? null,
    withinSecondShare: read?.withinSecondShare ?? null,
    // With readers elsewhere it is another server that spends it.
    serverUsPerDelivery: microsecondsPerUnit(besideSeconds ?? cpu.serverSeconds, deliveries),
    serverUsPerEvent: microsecondsPerUnit(cpu.serverSeconds, writer.eventsPerSecond * writer.windowSeconds),
    readersUsPerDelivery: microsecondsPerUnit(readersSeconds, deliveries),
    readersCores: cores(readersSeconds),
    besideCores: cores(besideSeconds),
    reconnects: read?.reconnects ?? 0,
    silentReconnects: read?.silentReconnects ?? 0,
  };
}

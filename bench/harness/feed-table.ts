import type { FeedFigures } from "./feed-figures.ts";

/** The columns of a scenario with readers. Where a delay is counted from is said in its heading. */
export const FEED_COLUMNS: readonly {
  readonly head: string;
  readonly digits: number;
  readonly scale?: number;
  value(figures: FeedFigures): number | null | undefined;
}[] = [
  { head: "events/s", digits: 0, value: (feed) => feed.eventsPerSecond },
  { head: "deliveries/s", digits: 0, value: (feed) => feed.deliveriesPerSecond },
  { head: "MB/s", digits: 1, scale: 1e6, value: (feed) => feed.bytesPerSecond },
  { head: "from answer p50 ms", digits: 1, scale: 1e3, value: (feed) => feed.delays?.fromAnswer.p50Us },
  { head: "p99 ms", digits: 1, scale: 1e3, value: (feed) => feed.delays?.fromAnswer.p99Us },
  { head: "from request p50 ms", digits: 1, scale: 1e3, value: (feed) => feed.delays?.fromRequest.p50Us },
  { head: "p99 ms", digits: 1, scale: 1e3, value: (feed) => feed.delays?.fromRequest.p99Us },
  { head: "from `recordedAt` p50 ms", digits: 0, scale: 1e3, value: (feed) => feed.delays?.fromRecorded.p50Us },
  { head: "p99 ms", digits: 0, scale: 1e3, value: (feed) => feed.delays?.fromRecorded.p99Us },
  { head: "within 1 s %", digits: 1, scale: 0.01, value: (feed) => feed.withinSecondShare },
  { head: "write p50 ms", digits: 1, scale: 1e3, value: (feed) => feed.writeLatency.p50Us },
  { head: "write p99 ms", digits: 1, scale: 1e3, value: (feed) => feed.writeLatency.p99Us },
  { head: "server µs/event", digits: 1, value: (feed) => feed.serverUsPerEvent },
  { head: "server µs/delivery", digits: 2, value: (feed) => feed.serverUsPerDelivery },
  { head: "readers µs/delivery", digits: 2, value: (feed) => feed.readersUsPerDelivery },
  { head: "readers cores", digits: 2, value: (feed) => feed.readersCores },
  { head: "bare server cores", digits: 2, value: (feed) => feed.besideCores },
];

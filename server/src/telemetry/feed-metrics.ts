/** What the tail of the feed reports, and the wake-ups between servers. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface FeedReadings {
  readonly followers: () => number;
  readonly ringEvents: () => number;
  /** Since the start. */
  readonly entries: () => { readonly handedOver: number; readonly read: number };
  readonly wakeUps: () => { readonly sent: number; readonly received: number; readonly isListening: boolean };
}

/** Registers the metrics that are read when they are asked for. */
export function registerFeedMetrics(registry: Registry, readings: FeedReadings): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge("onhand_feed_followers", "Readers that follow the feed, streams and webhooks alike", readings.followers);
  gauge("onhand_feed_ring_events", "Newest events that are kept for readers to share", readings.ringEvents);
  gauge("onhand_wake_ups_listening", "1 while this server hears of the commits of others at once", () =>
    readings.wakeUps().isListening ? 1 : 0,
  );
  new Counter({
    name: "onhand_feed_entries_total",
    help: "Entries that the tail took, by where they came from: handed over by the writer, or read from the journal",
    labelNames: ["from"],
    registers,
    collect() {
      const { handedOver, read } = readings.entries();
      this.reset();
      this.inc({ from: "writer" }, handedOver);
      this.inc({ from: "journal" }, read);
    },
  });
  new Counter({
    name: "onhand_wake_ups_total",
    help: "Wake-ups between servers",
    labelNames: ["direction"],
    registers,
    collect() {
      const { sent, received } = readings.wakeUps();
      this.reset();
      this.inc({ direction: "sent" }, sent);
      this.inc({ direction: "received" }, received);
    },
  });
}

/** Registers the counter of readings that failed. @returns what counts one */
export function countFeedFailures(registry: Registry): () => void {
  const help = "Readings of the tail that failed and were repeated";
  const failures = new Counter({ name: "onhand_feed_readings_failed_total", help, registers: [registry] });
  return () => failures.inc();
}

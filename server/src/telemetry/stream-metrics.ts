/** What open streams report, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export type Transport = "sse" | "websocket";

export interface StreamMetrics {
  opened(transport: Transport): void;
  /** @param reason why the server ended it, or `client` */
  closed(transport: Transport, reason: string): void;
  wrote(transport: Transport, events: number, bytes: number): void;
  /** @param bytes that wait for clients to read, more or (below zero) fewer than before */
  buffered(transport: Transport, bytes: number): void;
  refused(transport: Transport): void;
  /** A read of the feed that failed and will be repeated. */
  readFailed(transport: Transport): void;
  ticketIssued(): void;
}

const transports = ["sse", "websocket"] as const;

/** What changes with every write is added up here, and shown when it is asked for: labels cost more than the adding. */
interface Sums {
  events: number;
  bytes: number;
  buffered: number;
}

/** Registers the metrics of streams. */
export function streamMetrics(registry: Registry): StreamMetrics {
  const registers = [registry];
  const labelNames = ["transport"];
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labels = labelNames) =>
    new Counter({ name, help, labelNames: labels, registers });
  const open = gauge("onhand_streams_open", "Streams that are open");
  const sums: Record<Transport, Sums> = {
    sse: { events: 0, bytes: 0, buffered: 0 },
    websocket: { events: 0, bytes: 0, buffered: 0 },
  };
  const total = (name: string, help: string, of: "events" | "bytes") =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const transport of transports) this.inc({ transport }, sums[transport][of]);
      },
    });
  new Gauge({
    name: "onhand_stream_buffered_bytes",
    help: "Bytes that wait for clients to read",
    labelNames,
    registers,
    collect() {
      for (const transport of transports) this.set({ transport }, sums[transport].buffered);
    },
  });
  total("onhand_stream_events_total", "Events written to streams", "events");
  total("onhand_stream_bytes_total", "Bytes written to streams", "bytes");
  const closes = counter("onhand_stream_closes_total", "Streams that have ended, by reason", ["transport", "reason"]);
  const refusals = counter("onhand_stream_refusals_total", "Streams refused because of their number or a shutdown");
  const failures = counter("onhand_stream_read_failures_total", "Reads of the feed for a stream that were repeated");
  const tickets = new Counter({ name: "onhand_stream_tickets_total", help: "Stream tickets given out", registers });
  return {
    opened: (transport) => open.inc({ transport }),
    closed(transport, reason) {
      open.dec({ transport });
      closes.inc({ transport, reason });
    },
    wrote(transport, eventCount, byteCount) {
      sums[transport].events += eventCount;
      sums[transport].bytes += byteCount;
    },
    buffered(transport, byteCount) {
      sums[transport].buffered += byteCount;
    },
    refused: (transport) => refusals.inc({ transport }),
    readFailed: (transport) => failures.inc({ transport }),
    ticketIssued: () => tickets.inc(),
  };
}

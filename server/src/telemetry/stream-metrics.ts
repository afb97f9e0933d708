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

/** Registers the metrics of streams. */
export function streamMetrics(registry: Registry): StreamMetrics {
  const registers = [registry];
  const labelNames = ["transport"];
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labels = labelNames) =>
    new Counter({ name, help, labelNames: labels, registers });
  const open = gauge("onhand_streams_open", "Streams that are open");
  const buffered = gauge("onhand_stream_buffered_bytes", "Bytes that wait for clients to read");
  const closes = counter("onhand_stream_closes_total", "Streams that have ended, by reason", ["transport", "reason"]);
  const refusals = counter("onhand_stream_refusals_total", "Streams refused because of their number or a shutdown");
  const events = counter("onhand_stream_events_total", "Events written to streams");
  const bytes = counter("onhand_stream_bytes_total", "Bytes written to streams");
  const failures = counter("onhand_stream_read_failures_total", "Reads of the feed for a stream that were repeated");
  const tickets = new Counter({ name: "onhand_stream_tickets_total", help: "Stream tickets given out", registers });
  return {
    opened: (transport) => open.inc({ transport }),
    closed(transport, reason) {
      open.dec({ transport });
      closes.inc({ transport, reason });
    },
    wrote(transport, eventCount, byteCount) {
      events.inc({ transport }, eventCount);
      bytes.inc({ transport }, byteCount);
    },
    buffered: (transport, byteCount) => buffered.inc({ transport }, byteCount),
    refused: (transport) => refusals.inc({ transport }),
    readFailed: (transport) => failures.inc({ transport }),
    ticketIssued: () => tickets.inc(),
  };
}

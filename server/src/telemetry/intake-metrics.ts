/** What is reported of lines from outside, as Prometheus metrics. */
import { Counter, Gauge, type Registry } from "prom-client";

export interface IntakeMetrics {
  /** Lines of sources or devices, by what became of them. */
  lines(origin: string, verdict: string, count: number): void;
  parked(reason: string, count: number): void;
}

/** Registers the metrics of what comes in. @param load lines with the writer, and requests that wait for room */
export function intakeMetrics(
  registry: Registry,
  load: () => { readonly lines: number; readonly waiting: number },
): IntakeMetrics {
  const registers = [registry];
  const lines = new Counter({
    name: "onhand_intake_lines_total",
    help: "Lines from sources and devices, by what became of them",
    labelNames: ["origin", "verdict"],
    registers,
  });
  const parked = new Counter({
    name: "onhand_intake_parked_lines_total",
    help: "Lines that were parked, by what they wait for",
    labelNames: ["reason"],
    registers,
  });
  new Gauge({
    name: "onhand_intake_lines_in_flight",
    help: "Lines from sources and devices that are with the writer",
    registers,
    collect() {
      this.set(load().lines);
    },
  });
  new Gauge({
    name: "onhand_intake_waiting",
    help: "Requests with lines that wait for others to be with the writer no longer",
    registers,
    collect() {
      this.set(load().waiting);
    },
  });
  return {
    lines: (origin, verdict, count) => lines.inc({ origin, verdict }, count),
    parked: (reason, count) => parked.inc({ reason }, count),
  };
}

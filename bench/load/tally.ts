import type { LoadCounts } from "./job.ts";

/** Counts requests, successes, units and refusals by status. */
export class Tally {
  requests = 0;
  ok = 0;
  units = 0;
  readonly #notOkByStatus = new Map<number, number>();

  add(status: number, units: number): void {
    this.requests++;
    if (status >= 200 && status <= 299) {
      this.ok++;
      this.units += units;
    } else {
      this.#notOkByStatus.set(status, (this.#notOkByStatus.get(status) ?? 0) + 1);
    }
  }

  counts(): LoadCounts {
    const notOkByStatus = Object.fromEntries(
      [...this.#notOkByStatus].map(([status, count]) => [String(status), count]),
    );
    return { requests: this.requests, ok: this.ok, units: this.units, notOkByStatus };
  }
}

import type { Measurement } from "./measurement.ts";
import type { Cell, Scenario } from "./scenarios.ts";

/** Tells a waiting person, on standard error, what was measured and how much is left. */
export class Progress {
  readonly #runCount: number;
  readonly #startedAtMs = performance.now();
  #doneCount = 0;

  constructor(runCount: number) {
    this.#runCount = runCount;
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Reports one measured run. */
  ran(scenario: Scenario, cell: Cell, round: number, measurement: Measurement): void {
    this.#doneCount++;
    const perRunMs = (performance.now() - this.#startedAtMs) / this.#doneCount;
    const leftMinutes = ((this.#runCount - this.#doneCount) * perRunMs) / 60_000;
    const rate = `${Math.round(measurement.unitsPerSecond).toLocaleString("en")} ${scenario.unit}/s`;
    const tail = measurement.latency === null ? "" : `, p99 ${(measurement.latency.p99Us / 1000).toFixed(1)} ms`;
    const percent = (share: number | null): string => (share === null ? "n/a" : `${Math.round(share * 100)} %`);
    const { stolenShare, elsewhereShare } = measurement.cpu;
    const lost = `stolen ${percent(stolenShare)}, elsewhere ${percent(elsewhereShare)}`;
    this.say(
      `[${this.#doneCount}/${this.#runCount}, about ${leftMinutes.toFixed(1)} min left] ` +
        `${scenario.name} ${round}: ${cell.title}: ${rate}${tail}, ${lost}`,
    );
  }
}

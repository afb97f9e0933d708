/** A progress bar on a terminal, and a line now and then where there is none. */
import { Presets, SingleBar } from "cli-progress";

const plainLineMs = 5_000;

export interface Progress {
  update(done: number, total: number): void;
  stop(): void;
}

/** @param unit what is counted, e.g. "entries" */
export function progressBar(unit: string): Progress {
  const startedAtMs = performance.now();
  const rateOf = (done: number): number => Math.round(done / Math.max(0.001, (performance.now() - startedAtMs) / 1000));
  if (!process.stderr.isTTY) return plainLines(unit, rateOf);
  const bar = new SingleBar(
    { format: `{bar} {percentage}% | {value}/{total} ${unit} | {rate}/s`, stream: process.stderr, hideCursor: true },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update(done, total) {
      if (!isStarted) bar.start(total, done, { rate: 0 });
      isStarted = true;
      bar.setTotal(total);
      bar.update(done, { rate: rateOf(done) });
    },
    stop: () => bar.stop(),
  };
}

function plainLines(unit: string, rateOf: (done: number) => number): Progress {
  let writtenAtMs = performance.now();
  return {
    update(done, total) {
      if (performance.now() - writtenAtMs < plainLineMs) return;
      writtenAtMs = performance.now();
      process.stderr.write(`${done} of ${total} ${unit}, ${rateOf(done)}/s\n`);
    },
    stop() {},
  };
}

/** Shows how far an import is: a bar on a terminal, a line every few seconds elsewhere. Always on standard error. */
import { SingleBar } from "cli-progress";

const lineEveryMs = 5_000;

export interface ImportProgress {
  /** @param bytesRead of the file, packed or not: the only thing whose end is known in advance */
  show(rows: number, bytesRead: number): void;
  close(): void;
}

/** @param bytes size of the file */
export function importProgress(bytes: number): ImportProgress {
  const startedAtMs = performance.now();
  const rateOf = (rows: number): number => Math.round(rows / Math.max(0.001, (performance.now() - startedAtMs) / 1000));
  return process.stderr.isTTY ? bar(bytes, rateOf) : lines(bytes, rateOf);
}

function bar(bytes: number, rateOf: (rows: number) => number): ImportProgress {
  const single = new SingleBar({
    format: "{bar} {percentage} %  {rows} rows  {rate} rows/s",
    barsize: 32,
    hideCursor: true,
    gracefulExit: false,
  });
  const counts = (rows: number) => ({ rows: rows.toLocaleString("en"), rate: rateOf(rows).toLocaleString("en") });
  single.start(Math.max(1, bytes), 0, counts(0));
  return {
    show: (rows, bytesRead) => single.update(Math.min(bytesRead, bytes), counts(rows)),
    close: () => single.stop(),
  };
}

function lines(bytes: number, rateOf: (rows: number) => number): ImportProgress {
  let shownAtMs = performance.now();
  return {
    show(rows, bytesRead) {
      if (performance.now() - shownAtMs < lineEveryMs) return;
      shownAtMs = performance.now();
      const percent = Math.floor((100 * bytesRead) / Math.max(1, bytes));
      process.stderr.write(`${rows} rows, ${percent} % of the file, ${rateOf(rows)} rows/s\n`);
    },
    close() {},
  };
}

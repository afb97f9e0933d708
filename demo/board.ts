/** Shows the replay while it runs: a table that is drawn anew on a terminal, a line now and then elsewhere. */
import type { MarketTally, Tally } from "./tally.ts";

const drawEveryMs = 150;
const lineEveryMs = 2_000;
const barWidth = 24;
const rateOverMs = 1_000;

/** @param entriesAtStart journal entries before the replay @returns stops drawing, with one last picture */
export function showBoard(tally: Tally, entriesAtStart: number, output: NodeJS.WriteStream): () => void {
  const draw = output.isTTY ? table(tally, entriesAtStart, output) : lines(tally, output);
  const timer = setInterval(draw, output.isTTY ? drawEveryMs : lineEveryMs);
  draw();
  return () => {
    clearInterval(timer);
    draw();
  };
}

function lines(tally: Tally, output: NodeJS.WriteStream): () => void {
  return () => {
    const sold = tally.sum((market) => market.sold);
    const answered = tally.sum((market) => market.answered);
    if (answered > 0)
      output.write(`  ${answered} rows, ${sold} units sold, ${tally.sum((market) => market.refused)} refused\n`);
  };
}

function table(tally: Tally, entriesAtStart: number, output: NodeJS.WriteStream): () => void {
  const rateOf = rates(tally);
  let linesDrawn = 0;
  return () => {
    const rows = [
      `  ${"market".padEnd(18)}${"sold".padStart(8)}${"refused".padStart(9)}${"sales/s".padStart(9)}  stock left of the opening level`,
      ...tally.markets.map((market) => rowOf(tally, market, rateOf(market))),
      "",
      `  ${tally.sum((market) => market.answered)} of ${tally.sum((market) => market.rows)} rows   latency p50 ${latency(tally, 0.5)}  p99 ${latency(tally, 0.99)}   journal ${entriesAtStart + tally.sum((market) => market.answered - market.refused)} entries`,
    ];
    const up = linesDrawn > 0 ? `\u001b[${linesDrawn}A` : "";
    // A line that wrapped would be two, and the next picture would start too low.
    output.write(`${up}${rows.map((row) => `\u001b[2K${row.slice(0, output.columns)}\n`).join("")}`);
    linesDrawn = rows.length;
  };
}

function rowOf(tally: Tally, market: MarketTally, rate: number): string {
  const left = tally.expectedUnits(market) / Math.max(1, market.openingUnits);
  const full = Math.round(barWidth * Math.min(1, Math.max(0, left)));
  const bar = `${"█".repeat(full)}${"░".repeat(barWidth - full)}`;
  return `  ${market.name.padEnd(18)}${`${market.sold}`.padStart(8)}${`${market.refused}`.padStart(9)}${rate.toFixed(0).padStart(9)}  ${bar} ${Math.round(left * 100)} %`;
}

const latency = (tally: Tally, share: number): string => {
  const ms = tally.latencyMs(share);
  return Number.isNaN(ms) ? "–" : `${ms.toFixed(1)} ms`;
};

/** Answers of each market per second, over the last second. */
function rates(tally: Tally): (market: MarketTally) => number {
  const history = new Map(tally.markets.map((market) => [market, [] as { atMs: number; answered: number }[]]));
  return (market) => {
    const points = history.get(market)!;
    const nowMs = performance.now();
    points.push({ atMs: nowMs, answered: market.answered });
    while (points.length > 2 && nowMs - points[0]!.atMs > rateOverMs) points.shift();
    const [first] = points;
    const elapsedMs = nowMs - first!.atMs;
    return elapsedMs > 0 ? ((market.answered - first!.answered) * 1000) / elapsedMs : 0;
  };
}

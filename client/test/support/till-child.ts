/**
 * A till that was without a network for days: notes what its scenario says, by a clock of its own, into a queue in a file,
 * and then sends it. Another process kills it whenever it likes and starts it again; it goes on behind what its file has.
 *
 * Prints `noted N`, `verdict OPERATION VERDICT` and `sent`, each when it is so.
 */
import { readFileSync, writeSync } from "node:fs";
import { fileStore } from "../../src/file-store.ts";
import { type Clock, createClient, type NewFact } from "../../src/index.ts";

/** What a till is told to do. */
export interface TillScenario {
  readonly queueFile: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly deviceId: string;
  /** How far the till's clock is ahead of the truth. */
  readonly clockAheadMs: number;
  /** What happened together, and when in truth. */
  readonly receipts: readonly { readonly atMs: number; readonly facts: readonly NewFact[] }[];
}

const [scenarioFile, notedBefore] = process.argv.slice(2) as [string, string];
const { receipts, clockAheadMs, ...scenario }: TillScenario = JSON.parse(readFileSync(scenarioFile, "utf8"));
// At once, so that whoever kills this process knows what it had done.
const say = (text: string) => writeSync(1, `${text}\n`);

/** The moment that the till lives in; null when that is now. */
let pastMs: number | null = null;
const wait = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};
const clock: Clock = {
  nowMs: () => (pastMs ?? Date.now()) + clockAheadMs,
  monotonicMs: () => performance.now(),
  // The network of this till comes and goes quickly.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const cancel = wait(Math.min(ms, 20), resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        reject(signal.reason);
      });
    }),
  deadline: wait,
  random: () => Math.random(),
};

let isOnline = false;
const client = createClient({
  ...scenario,
  clock,
  fetch: (url, init) => (isOnline ? fetch(url, init) : Promise.reject(new TypeError("no network"))),
});
const queue = await client.offlineQueue({
  store: fileStore(scenario.queueFile),
  device: { deviceId: scenario.deviceId },
  onVerdict: ({ operationId }, { verdict }) => say(`verdict ${operationId} ${verdict}`),
});
// A receipt is in the file whole or not at all. Nothing left it before the last one was noted.
const inFile = new Set(queue.commands().map((entry) => ("fact" in entry ? entry.fact.reference : "")));
for (const [index, { atMs, facts }] of receipts.entries()) {
  if (index < Number(notedBefore) || inFile.has(facts[0]!.reference)) continue;
  pastMs = atMs;
  await queue.noteAll(facts);
  say(`noted ${index + 1}`);
}
pastMs = null;
isOnline = true;
queue.flush();
await queue.idle();
say(`sent ${queue.log.acknowledgedThrough} ${queue.log.missing.length}`);
await queue.close();

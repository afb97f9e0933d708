import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { type ReaderProcess, startReaders } from "../harness/reader-process.ts";
import { openScratch } from "../harness/scratch-folder.ts";
import { wallMs } from "../load/wall-clock.ts";
import { type ServerProcess, startServer } from "../targets/server-process.ts";

const ENTRY = new URL("../servers/bare-stream.ts", import.meta.url).pathname;

let scratchDir: string;
let server: ServerProcess;

beforeAll(async () => {
  scratchDir = openScratch(null);
  server = await startServer({ name: "bare-stream", arguments: [ENTRY], environment: {}, scratchDir });
});

afterAll(async () => {
  await server?.stop();
  rmSync(scratchDir, { recursive: true, force: true });
});

const referenceOf = (number: number): string => `order-${String(number).padStart(16, "0")}`;

async function write(...numbers: number[]): Promise<void> {
  const updates = numbers.map((number) => ({ reference: referenceOf(number) }));
  await fetch(`${server.url}/v1/inventory/bulk-update`, { method: "POST", body: JSON.stringify({ updates }) });
}

const open = (readers: number): Promise<ReaderProcess> =>
  startReaders({ url: server.url, bearer: "bench", kind: "stream", readers, silentReaders: 0, filter: "" });

test("every reader sees every event, and delays are counted from what the writer noted", async () => {
  const readers = await open(20);
  readers.begin();
  const writtenAtMs = wallMs();
  await write(1, 2, 3);
  // As if it had been sent a second before: all of its deliveries are that late.
  const [sentAtMs, answeredAtMs] = [writtenAtMs - 1000, writtenAtMs - 500];
  const result = await readers.finish({
    expectedEvents: 3,
    answers: [{ firstReference: 2, lines: 2, sentAtMs, answeredAtMs }],
  });
  expect(result).toMatchObject({ wrongReaders: 0, complaint: null, eventsSeenMin: 3, withinSecondShare: 1 });
  expect(result.delays!.fromRequest.p50Us - result.delays!.fromAnswer.p50Us).toBeGreaterThan(490_000);
  expect(result.delays!.fromAnswer.p50Us).toBeGreaterThan(500_000);
  expect(result.sample).toContain(referenceOf(1));
});

test("an event too many is told of", async () => {
  const readers = await open(2);
  await write(4, 5);
  const result = await readers.finish({ expectedEvents: 1, answers: [] });
  expect(result).toMatchObject({ wrongReaders: 2, delays: null });
  expect(result.complaint).toContain("of 1 events");
});

import { afterEach, beforeEach, expect, test } from "bun:test";
import { MetricsSpy } from "../../test/faults/callers.ts";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../test/support/writers.ts";
import type { Command } from "../core/command.ts";
import type { Item } from "../core/inventory/item.ts";
import { openSession, type Session } from "../db/session.ts";
import { readBoard } from "../journal/board-reader.ts";
import { systemClock } from "../lib/clock.ts";
import { NotLoaded, PoisonCommand } from "./errors.ts";
import { GroupRunner } from "./group-runner.ts";
import { HeadBoard } from "./head-board.ts";
import type { Job, Settled } from "./job.ts";
import { placeOf } from "./place-of.ts";
import { StateCache } from "./state-cache.ts";

const partitionCount = 2;

/** Forgets an item as often as it is told to, whatever was loaded. */
class ForgetfulCache extends StateCache {
  readonly timesLeft = new Map<string, number>();

  override item(partition: number, productId: string, locationId: string): Item | null | undefined {
    const left = this.timesLeft.get(productId) ?? 0;
    this.timesLeft.set(productId, left - 1);
    return left > 0 ? undefined : super.item(partition, productId, locationId);
  }
}

let database: TestDatabase;
let session: Session;
let cache: ForgetfulCache;
let metrics: MetricsSpy;
let runner: GroupRunner;

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  const writer = await openWriter(database);
  await apply(writer, createLocation("shop"), createProduct("soap"), createProduct("comb"));
  await writer.stop();
  session = await openSession(database.target, "lane 0");
  cache = new ForgetfulCache(partitionCount, 1_000);
  metrics = new MetricsSpy();
  runner = new GroupRunner({
    cache,
    board: new HeadBoard((await readBoard(database.application)).heads),
    clock: systemClock,
    metrics,
    reach: null,
    decidesAhead: true,
    openSession: () => Promise.resolve(session),
    onCommitted: () => {},
  });
});
afterEach(async () => {
  session.destroy();
  await database.close();
});

/** Runs the commands as one group. */
async function run(...commands: Command[]): Promise<(Settled | Error)[]> {
  const answers: Promise<Settled | Error>[] = [];
  const jobs = commands.map((command): Job => {
    const { promise, resolve } = Promise.withResolvers<Settled | Error>();
    answers.push(promise);
    const place = placeOf(command, partitionCount);
    return { ...place, command, isRepeat: false, queuedAtMs: 0, settle: resolve, fail: resolve };
  });
  const give = await runner.run(jobs);
  give();
  return Promise.all(answers);
}

const isDone = (answer: Settled | Error): boolean => !(answer instanceof Error) && answer.outcome.kind === "lines";

test("a group that lacks something when it is decided is loaded again", async () => {
  // Asked for when it is loaded, and again when it is decided.
  cache.timesLeft.set("soap", 2);
  expect((await run(adjust("soap", "shop", 5), adjust("comb", "shop", 3))).map(isDone)).toEqual([true, true]);
  expect(metrics.failures).toEqual([expect.any(NotLoaded)]);
});

test("a command that always lacks something fails by itself", async () => {
  cache.timesLeft.set("soap", Number.POSITIVE_INFINITY);
  const [soap, comb] = await run(adjust("soap", "shop", 5), adjust("comb", "shop", 3));
  expect(soap).toBeInstanceOf(PoisonCommand);
  expect(isDone(comb!)).toBe(true);
});

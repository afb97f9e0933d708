import { beforeEach, expect, test } from "bun:test";
import type { Clock } from "../lib/clock.ts";
import { endOfTurn } from "../lib/turn.ts";
import { PacedWake, wakeLimits } from "./paced-wake.ts";

let nowMs = 0;
let timers: { readonly delayMs: number; readonly callback: () => void }[] = [];
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  after(delayMs, callback) {
    const timer = { delayMs, callback };
    timers.push(timer);
    return () => {
      timers = timers.filter((each) => each !== timer);
    };
  },
};

beforeEach(() => {
  nowMs = 0;
  timers = [];
});

/** A wake that takes so long, and how often it happened. */
function paced(takesMs: number) {
  const woken = { count: 0 };
  const wake = new PacedWake(clock, () => {
    woken.count += 1;
    nowMs += takesMs;
  });
  return { wake, woken };
}

async function settled(): Promise<void> {
  await endOfTurn();
  await endOfTurn();
  await endOfTurn();
}

test("followers are woken at the end of the turn, once for all that was committed in it", async () => {
  const { wake, woken } = paced(0);
  wake.soon();
  wake.soon();
  expect(woken.count).toBe(0);
  await settled();
  expect(woken.count).toBe(1);
});

test("after a wake that took long the next one waits for its share of the time, and tells everything together", async () => {
  const { wake, woken } = paced(2);
  wake.soon();
  await settled();
  wake.soon();
  wake.soon();
  await settled();
  expect(woken.count).toBe(1);
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([2 * (1 / wakeLimits.shareMax - 1)]);
  timers[0]!.callback();
  await settled();
  expect(woken.count).toBe(2);
});

test("no rest is longer than its limit, and after a quiet time there is none", async () => {
  const { wake, woken } = paced(1_000);
  wake.soon();
  await settled();
  wake.soon();
  expect(timers[0]!.delayMs).toBe(wakeLimits.restMsMax);
  timers[0]!.callback();
  await settled();
  nowMs += wakeLimits.restMsMax;
  wake.soon();
  await settled();
  expect(woken.count).toBe(3);
});

test("what begins while followers are being woken is told afterwards", async () => {
  let count = 0;
  const wake = new PacedWake(clock, () => {
    count += 1;
    if (count === 1) wake.soon();
  });
  wake.soon();
  await settled();
  expect(count).toBe(2);
});

test("once it was stopped nobody is woken any more", async () => {
  const { wake, woken } = paced(5);
  wake.soon();
  await settled();
  wake.soon();
  wake.stop();
  expect(timers).toEqual([]);
  wake.soon();
  await settled();
  expect(woken.count).toBe(1);
});

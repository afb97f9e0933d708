import { expect, test } from "bun:test";
import { formatMovementId } from "../../server/src/core/record/ids.ts";
import { EventLog } from "./event-log.ts";
import { STREAM_FRAMING } from "./frames.ts";
import { Place } from "./place.ts";

function event(partition: number, sequence: number): string {
  const data = { reference: `order-${String(sequence).padStart(16, "0")}`, recordedAt: "2026-11-22T00:00:00.000Z" };
  const id = formatMovementId(partition, sequence);
  return `id: c${partition}-${sequence}\ndata: ${JSON.stringify({ specversion: "1.0", id, data })}\n\n`;
}

const PROGRESS = 'id: c\nevent: progress\ndata: {"cursor":"c"}\n\n';
const ALL = [event(1, 7), event(2, 3), event(1, 8), event(2, 4)];

function places(count: number): { log: EventLog; places: Place[] } {
  const log = new EventLog(STREAM_FRAMING, count);
  return { log, places: Array.from({ length: count }, (_, reader) => new Place(log, reader)) };
}

const feed = (place: Place, text: string, nowMs = 0): void => place.feed(Buffer.from(text), nowMs);

test("readers that get the same events in pieces of any size see each of them once", () => {
  const text = `retry: 1000\n\n${PROGRESS}${ALL.join("")}`;
  for (const size of [1, 7, 50, text.length]) {
    const { log, places: both } = places(2);
    for (const place of both)
      for (let start = 0; start < text.length; start += size) feed(place, text.slice(start, start + size));
    expect(both.map(({ eventsSeen, complaint }) => ({ eventsSeen, complaint }))).toEqual([
      { eventsSeen: 4, complaint: null },
      { eventsSeen: 4, complaint: null },
    ]);
    expect(log.events.map(({ sequence }) => sequence)).toEqual([7, 3, 8, 4]);
  }
});

test("comments and places between events, in one reader and not in another, are passed over", () => {
  const { places: both } = places(2);
  feed(both[0]!, ALL.join(""));
  for (const frame of ALL) {
    feed(both[1]!, `: keep-alive\n\n${frame.slice(0, 40)}`);
    feed(both[1]!, frame.slice(40) + PROGRESS);
  }
  expect(both[1]!.eventsSeen).toBe(4);
});

test("when an event came is kept for every reader", () => {
  const { log, places: both } = places(2);
  feed(both[0]!, ALL[0]!, 100);
  feed(both[1]!, ALL[0]!, 130);
  expect(log.events[0]!.firstSeenAtMs).toBe(100);
  expect([...log.events[0]!.seenAfterMs]).toEqual([1, 31]);
});

test("another order across partitions is no fault, and the reader is on the log again afterwards", () => {
  const { places: both } = places(2);
  feed(both[0]!, ALL.join(""));
  feed(both[1]!, ALL[0]! + ALL[2]! + ALL[1]! + ALL[3]!);
  expect(both[1]).toMatchObject({ eventsSeen: 4, complaint: null });
  feed(both[1]!, event(1, 9));
  feed(both[0]!, event(1, 9));
  expect(both.map((place) => place.eventsSeen)).toEqual([5, 5]);
});

test("a missing event, a repeated one and a wrong order are noticed", () => {
  const wrong: Record<string, readonly string[]> = {
    missing: [ALL[0]!, ALL[1]!, event(1, 9)],
    repeated: [ALL[0]!, ALL[1]!, ALL[0]!],
    swapped: [ALL[1]!, ALL[0]!, ALL[3]!, event(1, 9), ALL[2]!],
  };
  for (const frames of Object.values(wrong)) {
    const { places: both } = places(2);
    feed(both[0]!, ALL.join(""));
    feed(both[1]!, frames.join(""));
    expect(both[1]!.complaint).toContain("of partition 1 came");
  }
});

test("a frame that was cut off by a lost connection comes again as a whole", () => {
  const { places: both } = places(2);
  for (const place of both) {
    feed(place, ALL[0]! + ALL[1]!.slice(0, 30));
    place.cutOff();
    expect(place.lastFrame()!.toString()).toBe(ALL[0]!);
    feed(place, `retry: 1\n\n${PROGRESS}${ALL.slice(1).join("")}`);
  }
  expect(both.map((place) => [place.eventsSeen, place.complaint])).toEqual([
    [4, null],
    [4, null],
  ]);
});

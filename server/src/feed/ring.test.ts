import { expect, test } from "bun:test";
import fc from "fast-check";
import type { PositionVector } from "../core/record/position-vector.ts";
import { Course } from "./course.ts";
import { compileFilter, everything } from "./filter.ts";
import { FeedRecord } from "./record.ts";
import { FeedRing, ringWeightMax } from "./ring.ts";

const partitions = 3;
const writer = { cursorAt: () => "cursor", write: () => "{}" };
const hashOf = (partition: number, sequence: number): Uint8Array => new Uint8Array(32).fill(partition * 64 + sequence);

/** A journal as a list of the partitions that moved, in the order of the feed. */
function journalOf(moves: readonly number[]): { places: PositionVector[]; records: FeedRecord[] } {
  const course = new Course(1, new Array(partitions).fill(0), new Array(partitions).fill(new Uint8Array(32)));
  const places = [course.place];
  const records = moves.map((partition) => {
    const sequence = course.place.positions[partition]! + 1;
    const after = course.step(partition, sequence, hashOf(partition, sequence));
    places.push(after);
    const entry = { partition, sequence, kind: 1, productId: `p${partition}`, locationId: null };
    return new FeedRecord({ entry, after, sku: null } as never, [], writer);
  });
  return { places, records };
}

const moves = fc.array(fc.integer({ min: 0, max: partitions - 1 }), { minLength: 1, maxLength: 60 });

test("whoever begins at any place in the ring gets everything behind it, once and in order", () => {
  fc.assert(
    fc.property(moves, fc.nat(), fc.integer({ min: 1, max: 7 }), (moved, start, max) => {
      const { places, records } = journalOf(moved);
      const ring = new FeedRing(places[0]!, 1_000);
      for (const record of records) ring.push(record);
      const from = start % places.length;
      let count = ring.countAt(places[from]!)!;
      const seen: FeedRecord[] = [];
      while (count < ring.endCount) {
        const taken = ring.take(count, max, null)!;
        expect(taken.records.length).toBeLessThanOrEqual(max);
        seen.push(...taken.records);
        count = taken.count;
        expect(taken.position).toBe(places[count]!);
      }
      expect(seen).toEqual(records.slice(from));
    }),
  );
});

test("a filter passes over what is not wanted, and the place moves on all the same", () => {
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 4 }), (moved, max) => {
      const { places, records } = journalOf(moved);
      const ring = new FeedRing(places[0]!, 1_000);
      for (const record of records) ring.push(record);
      const wanted = compileFilter({ ...everything, productIds: ["p1"] });
      const seen: FeedRecord[] = [];
      for (let count = 0; count < ring.endCount; ) {
        const taken = ring.take(count, max, wanted)!;
        expect(taken.count).toBeGreaterThan(count);
        seen.push(...taken.records);
        count = taken.count;
      }
      expect(seen).toEqual(records.filter((record) => record.productId === "p1"));
    }),
  );
});

test("what it has forgotten it does not know: neither the place nor what comes behind", () => {
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 9 }), (moved, recordsMax) => {
      const { places, records } = journalOf(moved);
      const ring = new FeedRing(places[0]!, recordsMax);
      for (const record of records) ring.push(record);
      expect(ring.size).toBe(Math.min(records.length, recordsMax));
      const forgotten = records.length - ring.size;
      for (const [count, place] of places.entries()) {
        expect(ring.countAt(place)).toBe(count < forgotten ? null : count);
        const taken = ring.take(count, 1_000, null);
        expect(taken?.records ?? null).toEqual(count < forgotten ? null : records.slice(count));
      }
    }),
  );
});

test("a place that only counts the same is not found", () => {
  const { places, records } = journalOf([0, 1]);
  const ring = new FeedRing(places[0]!, 10);
  for (const record of records) ring.push(record);
  expect(ring.countAt({ ...places[1]!, positions: [0, 1, 0] })).toBeNull();
  expect(ring.countAt({ ...places[1]!, check: new Uint8Array(8).fill(9) })).toBeNull();
  expect(ring.countAt({ ...places[1]!, epoch: 2 })).toBeNull();
});

test("large events push out older ones: no more than so much is kept, but always the newest", () => {
  const length = ringWeightMax / 4;
  const large = { cursorAt: () => "cursor", write: () => "x".repeat(length) };
  const { places, records } = journalOf(new Array(12).fill(0));
  const ring = new FeedRing(places[0]!, 1_000);
  for (const [index, { feedEntry }] of records.entries()) {
    ring.push(new FeedRecord({ ...feedEntry, entry: { ...feedEntry.entry, kind: 10 } } as never, [], large));
    expect(ring.size).toBe(Math.min(index + 1, 4));
    expect(ring.end).toBe(places[index + 1]!);
  }
  expect(ring.countAt(places[7]!)).toBeNull();
  const { records: taken } = ring.take(ring.countAt(places[8]!)!, 10, null)!;
  expect(taken.map(({ after }) => after)).toEqual(places.slice(9));
  const huge = { cursorAt: () => "cursor", write: () => "x".repeat(ringWeightMax + 1) };
  ring.push(new FeedRecord({ ...records[0]!.feedEntry, entry: { kind: 10 } } as never, [], huge));
  expect(ring.size).toBe(1);
});

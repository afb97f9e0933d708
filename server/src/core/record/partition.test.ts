/** Where a product's data lies must never change. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { cases } from "../../../test/model/property-settings.ts";
import { controlPartition, partitionOf } from "./partition.ts";

test("the partitions of known products are what they were in the first release", () => {
  const golden: Readonly<Record<string, readonly [of16: number, of1023: number]>> = {
    "": [12, 609],
    a: [4, 904],
    b: [3, 889],
    prod123: [9, 197],
    prod124: [12, 14],
    prod_01j9zq3v8m: [6, 235],
    "LIP-ROSE-30": [10, 878],
    "SKU-1": [12, 448],
    "4006381333931": [11, 280],
    Crème: [8, 219],
    "💄": [5, 661],
  };
  for (const [key, [of16, of1023]] of Object.entries(golden)) {
    expect([key, partitionOf(key, 16), partitionOf(key, 1023)]).toEqual([key, of16, of1023]);
  }
});

/** FNV-1a and murmur3's fmix32 once more, in exact arithmetic. */
function expectedPartition(key: string, count: number): number {
  const mask = 0xffffffffn;
  let hash = 0x811c9dc5n;
  for (let index = 0; index < key.length; index++) {
    hash = ((hash ^ BigInt(key.charCodeAt(index))) * 0x01000193n) & mask;
  }
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask;
  hash ^= hash >> 16n;
  return 1 + Number(hash % BigInt(count));
}

test("a partition is the hash of the key, for any key and any number of partitions", () => {
  const property = fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 1023 }), (key, count) => {
    expect(partitionOf(key, count)).toBe(expectedPartition(key, count));
  });
  fc.assert(property, cases(1_000));
});

test("products never lie in the control partition", () => {
  const property = fc.property(fc.string(), fc.integer({ min: 1, max: 1023 }), (key, count) => {
    const partition = partitionOf(key, count);
    expect(partition).toBeGreaterThan(controlPartition);
    expect(partition).toBeLessThanOrEqual(count);
  });
  fc.assert(property, cases(500));
});

test("ids that follow each other spread evenly", () => {
  const total = 32_000;
  for (const prefix of ["prod_", "SKU-", ""]) {
    const counts = new Array<number>(17).fill(0);
    for (let index = 0; index < total; index++) counts[partitionOf(`${prefix}${index}`, 16)]! += 1;
    expect(counts[0]).toBe(0);
    for (const count of counts.slice(1)) expect(Math.abs(count - total / 16)).toBeLessThan(total / 16 / 8);
  }
});

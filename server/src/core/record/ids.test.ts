/** Ids that carry their position. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { cases } from "../../../test/model/property-settings.ts";
import { formatInventoryId, formatMovementId, parseInventoryId, parseMovementId } from "./ids.ts";

const partition = fc.integer({ min: 0, max: 1023 });
const sequence = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.maxSafeNat(),
  fc.constantFrom(31, 32, 33, 1023, 1024, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);

test("ids are stable", () => {
  expect(formatInventoryId(0, 1)).toBe("inv_0000000000001");
  expect(formatInventoryId(16, 33)).toBe("inv_0g00000000011");
  expect(formatInventoryId(1023, Number.MAX_SAFE_INTEGER)).toBe("inv_zz7zzzzzzzzzz");
  expect(formatMovementId(5, 1_000_000)).toBe("mov_050000000ygj0");
});

test("an id leads back to its position", () => {
  const property = fc.property(partition, sequence, (part, number) => {
    expect(parseInventoryId(formatInventoryId(part, number))).toEqual({ partition: part, sequence: number });
    expect(parseMovementId(formatMovementId(part, number))).toEqual({ partition: part, sequence: number });
  });
  fc.assert(property, cases(500));
});

test("ids sort as their positions do", () => {
  const property = fc.property(partition, sequence, partition, sequence, (partA, a, partB, b) => {
    const byText = formatInventoryId(partA, a) < formatInventoryId(partB, b);
    expect(byText).toBe(partA < partB || (partA === partB && a < b));
  });
  fc.assert(property, cases(500));
});

test("whatever is no id leads nowhere", () => {
  const good = formatInventoryId(3, 77);
  for (const text of [
    "",
    "inv_",
    good.slice(0, -1),
    `${good}0`,
    ` ${good.slice(1)}`,
    good.toUpperCase(),
    formatMovementId(3, 77),
    "inv_000000000000u",
    "inv_000000000000i",
    "inv_00000000000-1",
    "inv_000000000001.",
    "inv_00zzzzzzzzzzz",
    "inv_00000000000💄",
    "inv_\u0000\u0000000000000001",
  ]) {
    expect(parseInventoryId(text)).toBeNull();
  }
  expect(parseMovementId(good)).toBeNull();
});

test("any text either leads nowhere or is the one way to write its position", () => {
  const digits = fc.stringMatching(/^[0-9a-z]{13}$/);
  const texts = fc.oneof(
    fc.string(),
    digits.map((text) => `inv_${text}`),
  );
  const property = fc.property(texts, (text) => {
    const position = parseInventoryId(text);
    if (position !== null) expect(formatInventoryId(position.partition, position.sequence)).toBe(text);
  });
  fc.assert(property, cases(1_000));
});

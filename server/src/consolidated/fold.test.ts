import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Contact, foldParts, type Part, type Sums } from "./fold.ts";

const sums = (onHand: number): Sums => ({ onHand, reserved: 0, unavailable: 0, incoming: 0 });
const fresh: Contact = { isStale: false, lastHeardAtMs: 5 };
const stale: Contact = { isStale: true, lastHeardAtMs: 1 };

test("what is stale is told apart from what is fresh, and both add up to the whole", () => {
  const parts: Part[] = [
    { group: "eu", sourceId: null, sums: sums(1) },
    { group: "eu", sourceId: "till", sums: sums(10) },
    { group: "eu", sourceId: "erp", sums: sums(100) },
    { group: "eu", sourceId: "till", sums: sums(20) },
  ];
  const [group] = foldParts(parts, (id) => (id === "till" ? stale : fresh));
  expect(group).toMatchObject({ total: sums(131), fresh: sums(101), stale: sums(30) });
  expect(group!.shares.map(({ sourceId, isStale, sums }) => [sourceId, isStale, sums.onHand])).toEqual([
    [null, false, 1],
    ["erp", false, 100],
    ["till", true, 30],
  ]);
});

test("nothing is called stale where nothing is", () => {
  expect(foldParts([{ group: "eu", sourceId: "erp", sums: sums(0) }], () => fresh)[0]!.stale).toBeNull();
});

test("however parts are cut and ordered, groups are the same and add up", () => {
  const part = fc.record({
    group: fc.constantFrom("a", "b", "constructor"),
    sourceId: fc.constantFrom(null, "s1", "s2"),
    sums: fc.integer({ min: -1000, max: 1000 }).map(sums),
  });
  const contactOf = (id: string) => (id === "s1" ? stale : fresh);
  fc.assert(
    fc.property(fc.array(part), fc.nat(), (parts, turn) => {
      const groups = foldParts(parts, contactOf);
      const turned = [...parts.slice(turn % (parts.length + 1)), ...parts.slice(0, turn % (parts.length + 1))];
      const byKey = (a: { group: string }, b: { group: string }) => (a.group < b.group ? -1 : 1);
      expect([...foldParts(turned, contactOf)].sort(byKey)).toEqual([...groups].sort(byKey));
      for (const { group, total, fresh, stale, shares } of groups) {
        const of = parts.filter((one) => one.group === group);
        expect(total.onHand).toBe(of.reduce((sum, { sums }) => sum + sums.onHand, 0));
        expect(fresh.onHand + (stale?.onHand ?? 0)).toBe(total.onHand);
        expect(shares.reduce((sum, { sums }) => sum + sums.onHand, 0)).toBe(total.onHand);
      }
    }),
  );
});

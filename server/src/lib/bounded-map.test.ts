import { expect, test } from "bun:test";
import fc from "fast-check";
import { BoundedMap } from "./bounded-map.ts";

test("the newest entries are kept, at most twice as many as promised, and values are never mixed up", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete"), fc.nat(30), fc.nat()), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), steps, (sizeMin, taken) => {
      const map = new BoundedMap<number, number>(sizeMin);
      const model = new Map<number, number>();
      // Keys by when they were last set; one that was deleted goes on counting among the newest.
      const recency = new Set<number>();
      for (const [step, key, value] of taken) {
        model.delete(key);
        if (step === "set") {
          model.set(key, value);
          recency.delete(key);
          recency.add(key);
          map.set(key, value);
        } else map.delete(key);
        expect(map.size).toBeLessThanOrEqual(2 * sizeMin);
        const newest = [...recency].slice(-sizeMin);
        for (const kept of newest) expect(map.get(kept)).toBe(model.get(kept) as number);
        for (const [each, expected] of model) expect([undefined, expected]).toContain(map.get(each));
        if (step === "delete") expect(map.get(key)).toBeUndefined();
      }
    }),
    { numRuns: 1_000 },
  );
});

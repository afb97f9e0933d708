import { expect, test } from "bun:test";
import fc from "fast-check";
import { MinHeap } from "./min-heap.ts";

test("elements come out in order, whatever the order in which they went in", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new MinHeap<number>((a, b) => a < b);
      for (const number of numbers) heap.push(number);
      const popped: number[] = [];
      while (heap.size > 0) {
        const { least } = heap;
        const next = heap.pop()!;
        expect(next).toBe(least!);
        popped.push(next);
      }
      expect(popped).toEqual([...numbers].sort((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { RefreshProductRow } from "./sql/refresh.ts";
import { commandsOf, walkLimits } from "./walk.ts";

const rowOf = (partition: number, index: number, items: number): RefreshProductRow => ({
  partition,
  product_id: `p${index}`,
  location_ids: Array.from({ length: items }, (_, location) => `l${location}`),
  has_level: true,
});

test("every product is asked for once, in commands of one partition that hold it up for a bounded time", () => {
  const pages = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(400)), { maxLength: 300 });
  fc.assert(
    fc.property(pages, (page) => {
      const rows = page.sort(([a], [b]) => a - b).map(([partition, items], index) => rowOf(partition, index, items));
      const commands = commandsOf("web", rows);
      expect(commands.flatMap(({ products }) => products.map(({ productId }) => productId))).toEqual(
        rows.map((row) => row.product_id),
      );
      for (const { partition, products } of commands) {
        expect(products.length).toBeLessThanOrEqual(walkLimits.commandProductsMax);
        const items = products.reduce((sum, { locationIds }) => sum + locationIds.length, 0);
        expect(products.length === 1 || items <= walkLimits.commandItemsMax).toBe(true);
        const partitionsOf = products.map(({ productId }) => rows[Number(productId.slice(1))]!.partition);
        expect(new Set([partition, ...partitionsOf]).size).toBe(1);
      }
      expect(new Set(commands.map(({ key }) => key)).size).toBe(commands.length);
    }),
  );
});

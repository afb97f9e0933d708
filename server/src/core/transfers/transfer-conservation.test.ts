/** Whatever is done with transfers and supplies in whatever order: no unit appears, vanishes, or is at two ends. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { inventory, lineOf, SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import { actionOn, checkCounters, commit, supplyOf, transferOf } from "../../../test/model/transfer-commands.ts";
import type { Command, TransferAction, TransferCommand } from "../command.ts";
import { decide } from "../decide.ts";
import { availableOf } from "../inventory/item.ts";
import type { StockOrderLine } from "../orders/order.ts";
import type { Entry } from "../record/entry.ts";
import { parseDetail } from "../record/entry-detail.ts";

const timeoutMs = 30_000;
const startMs = 1_700_000_000_000;
const productIds = ["p1", "p2", "p3"] as const;
const locationIds = ["l1", "l2", "l3"] as const;
const unitsAtFirst = 12;

function stocked(): MemoryState {
  const book = new SeedBook(4, startMs);
  for (const productId of productIds) book.product(productId);
  for (const locationId of locationIds) book.location(locationId);
  for (const productId of productIds) book.item({ productId, locationId: "l1", levels: { onHand: unitsAtFirst } });
  return new MemoryState(book.partitionCount, book.entries);
}

/** Plain, so that a report shows it: something new, or an action on one of the orders there are. */
type Draw = { readonly make: TransferCommand } | { readonly pick: number; readonly what: TransferAction };

function commandFor(draw: Draw, now: MemoryState): Command | null {
  if ("make" in draw) return draw.make;
  const order = now.orders[draw.pick % Math.max(1, now.orders.length)];
  return order === undefined ? null : actionOn(order.orderId, draw.what);
}

const quantity = fc.integer({ min: 1, max: 8 });
const ordered = fc.array(fc.tuple(fc.constantFrom(...productIds), quantity), { minLength: 1, maxLength: 4 });
const place = fc.constantFrom(...locationIds);

const makes: fc.Arbitrary<Draw> = fc
  .record({ ordered, from: place, to: place, isSupply: fc.boolean() })
  .map(({ ordered: lines, from, to, isSupply }) => {
    const make = isSupply
      ? supplyOf(lines, { toLocationId: to })
      : transferOf(lines, { fromLocationId: from, toLocationId: to });
    return { make };
  });

const someQuantity = fc.option(fc.integer({ min: 0, max: 9 }), { freq: 2 });
const asked = fc.option(
  fc.array(fc.record({ line: fc.integer({ min: 1, max: 4 }), quantity: someQuantity }), { minLength: 1, maxLength: 3 }),
  { freq: 2 },
);
const state = fc.constantFrom(null, null, "damaged", "quarantine" as const);
const arrived = fc.option(
  fc.array(fc.record({ line: fc.integer({ min: 1, max: 4 }), quantity: someQuantity, state }), { maxLength: 3 }),
  { freq: 2 },
);
const action: fc.Arbitrary<TransferAction> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("ship" as const), lines: asked, expectedAtMs: fc.option(fc.nat()) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("receive" as const), lines: arrived, closes: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), lines: asked }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reschedule" as const), expectedAtMs: fc.option(fc.nat()) }) },
) as fc.Arbitrary<TransferAction>;

const acts: fc.Arbitrary<Draw> = fc.record({ pick: fc.nat({ max: 9 }), what: action });

const story = fc.array(fc.oneof({ weight: 1, arbitrary: makes }, { weight: 3, arbitrary: acts }), {
  minLength: 1,
  maxLength: 25,
});

const sum = <Value>(values: readonly Value[], units: (value: Value) => number) =>
  values.reduce((total, value) => total + units(value), 0);
const isSupply = (line: StockOrderLine) => line.kind === "supply";

/** Units of a product that came from outside, less those that were lost on the way: what there must be anywhere. */
function balance(now: MemoryState, productId: string) {
  const lines = now.lines.filter((line) => line.productId === productId);
  const items = now.items.filter((item) => item.productId === productId);
  const transfers = lines.filter((line) => !isSupply(line));
  return {
    there: sum(items, (item) => item.onHand) + sum(transfers, (line) => line.incoming),
    came: unitsAtFirst + sum(lines.filter(isSupply), (line) => line.done) + sum(lines, (line) => line.surplus),
  };
}

/** Units of transfers that an entry books as lost. */
function lostIn(entries: readonly Entry[], productId: string): number {
  const losses = entries.filter((entry) => {
    const { line } = parseDetail(entry);
    return entry.productId === productId && entry.movementType === 4 && line?.kind === "transfer";
  });
  return sum(losses, (entry) => -entry.delta.incoming);
}

test(
  "on hand anywhere, in transit and lost together are what came from outside, after every command",
  () => {
    const property = fc.property(story, (draws) => {
      const now = stocked();
      for (const draw of draws) {
        const command = commandFor(draw, now);
        if (command === null) continue;
        commit(now, command, startMs);
        for (const productId of productIds) {
          const { there, came } = balance(now, productId);
          expect(there + lostIn(now.entries, productId)).toBe(came);
        }
      }
    });
    fc.assert(property, cases(400));
  },
  timeoutMs,
);

test(
  "units in transit are available nowhere, and no item is promised away",
  () => {
    const property = fc.property(story, (draws) => {
      const now = stocked();
      for (const draw of draws) {
        const command = commandFor(draw, now);
        if (command === null) continue;
        commit(now, command, startMs);
        for (const item of now.items) expect(availableOf(item)).toBeGreaterThanOrEqual(0);
        for (const productId of productIds) {
          const items = now.items.filter((item) => item.productId === productId);
          const open = now.lines.filter((line) => line.productId === productId && !isSupply(line));
          const { came } = balance(now, productId);
          const inHand = came - lostIn(now.entries, productId) - sum(open, (line) => line.incoming);
          const promised = sum(open, (line) => line.held) + sum(items, (item) => item.unavailable);
          expect(sum(items, availableOf)).toBe(inHand - promised);
        }
      }
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

test(
  "each unit of a line is let go at one end only: what returns and what arrives is what had left",
  () => {
    const property = fc.property(story, (draws) => {
      const now = stocked();
      for (const draw of draws) {
        const command = commandFor(draw, now);
        if (command !== null) commit(now, command, startMs);
      }
      for (const line of now.lines) {
        const mine = now.entries.filter((entry) => {
          const said = parseDetail(entry).line;
          return said?.orderId === line.orderId && said.line === line.line;
        });
        const at = (locationId: string | null) =>
          sum(
            mine.filter((entry) => entry.locationId === locationId),
            (entry) => entry.delta.onHand,
          );
        expect(at(line.toLocationId)).toBe(line.done + line.surplus);
        // A surplus while units are held would be these very units, at the other end.
        const surplus = mine.map((entry) => parseDetail(entry).line!).filter((said) => said.surplus > 0);
        for (const said of surplus) expect(said.held).toBe(0);
        if (isSupply(line)) continue;
        const lost = lostIn(mine, line.productId);
        // What is gone from the source is on its way, has arrived, or was lost; the rest never left or came back.
        expect(at(line.locationId) + line.incoming + line.done + lost).toBe(0);
      }
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

test(
  "when everything is called off at the end, every unit that has not arrived or been lost is where it came from",
  () => {
    const property = fc.property(story, (draws) => {
      const now = stocked();
      for (const draw of draws) {
        const command = commandFor(draw, now);
        if (command !== null) commit(now, command, startMs);
      }
      for (const { orderId } of now.orders) commit(now, actionOn(orderId, { kind: "cancel", lines: null }), startMs);
      for (const item of now.items) expect([item.reserved, item.incoming]).toEqual([0, 0]);
      for (const productId of productIds) {
        const { there, came } = balance(now, productId);
        expect(there).toBe(came - lostIn(now.entries, productId));
      }
    });
    fc.assert(property, cases(200));
  },
  timeoutMs,
);

test(
  "commands of a group come to the same as one after the other",
  () => {
    const property = fc.property(story, (draws) => {
      const single = stocked();
      const commands: Command[] = [];
      for (const draw of draws) {
        const command = commandFor(draw, single);
        if (command === null) continue;
        commands.push(command);
        commit(single, command, startMs);
      }
      const grouped = stocked();
      const { draft } = decide(grouped, commands, startMs);
      grouped.adopt(draft);
      expect(grouped.entries).toEqual(single.entries);
      checkCounters(grouped);
    });
    fc.assert(property, cases(200));
  },
  timeoutMs,
);

/** Facts with the time at which they happened, a minute apart: what left, what arrived or came back, what was counted. */
const facts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("ship" as const), minute: fc.nat({ max: 9 }), units: quantity }),
    fc.record({ kind: fc.constant("receive" as const), minute: fc.nat({ max: 9 }), units: quantity }),
    fc.record({ kind: fc.constant("recall" as const), minute: fc.nat({ max: 9 }), units: quantity }),
    fc.record({ kind: fc.constant("count" as const), minute: fc.nat({ max: 9 }), units: fc.nat({ max: 40 }) }),
  ),
  { minLength: 2, maxLength: 7 },
);
type Fact = (typeof facts extends fc.Arbitrary<infer Facts> ? Facts : never) extends (infer One)[] ? One : never;

/**
 * Each fact is about `p1` at `l1`: an own transfer that leaves it, one that had left and comes back, an own supply that
 * comes to it, or a count of it.
 */
function inOrder(all: readonly Fact[], order: readonly number[]): number {
  const now = stocked();
  const apply = (command: Command) => {
    const { draft, outcomes } = decide(now, [command], startMs + 3_600_000);
    now.adopt(draft);
    return outcomes[0]!;
  };
  const orderIds = all.map((fact) => {
    if (fact.kind === "count") return "";
    const make =
      fact.kind === "receive" ? supplyOf({ p1: fact.units }, { toLocationId: "l1" }) : transferOf({ p1: fact.units });
    const outcome = apply(make);
    if (outcome.kind !== "order") return "";
    const { orderId } = outcome.order;
    if (fact.kind === "recall")
      apply(actionOn(orderId, { kind: "ship", lines: null, expectedAtMs: null }, { occurredAtMs: startMs - 1 }));
    return orderId;
  });
  for (const index of order) {
    const fact = all[index]!;
    const atMs = startMs + fact.minute * 60_000;
    const orderId = orderIds[index]!;
    if (fact.kind === "count") {
      apply(inventory(lineOf({ stockLevel: fact.units, countedAtMs: atMs })));
    } else if (orderId !== "") {
      const what: TransferAction =
        fact.kind === "ship"
          ? { kind: "ship", lines: null, expectedAtMs: null }
          : fact.kind === "recall"
            ? { kind: "cancel", lines: null }
            : { kind: "receive", lines: null, closes: false };
      apply(actionOn(orderId, what, { occurredAtMs: atMs }));
    }
  }
  checkCounters(now);
  return now.item(0, "p1", "l1")!.onHand;
}

test(
  "late shipments, late receipts and late counts end at the same level in every order",
  () => {
    const shuffled = facts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
    );
    const property = fc.property(shuffled, ([all, order]) => {
      // Of two counts of the same moment the one that is recorded last holds.
      const moments = all.filter((fact) => fact.kind === "count").map((fact) => fact.minute);
      fc.pre(new Set(moments).size === moments.length);
      expect(inOrder(all, order)).toBe(inOrder(all, [...all.keys()]));
    });
    fc.assert(property, cases(400));
  },
  timeoutMs,
);

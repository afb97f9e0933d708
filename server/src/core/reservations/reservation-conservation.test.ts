/** Random lives of reservations: no unit is sold twice, none is held for ever, and time is kept to the millisecond. */
import { expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import { SeedBook } from "../../../test/model/commands.ts";
import { MemoryState } from "../../../test/model/memory-state.ts";
import { cases } from "../../../test/model/property-settings.ts";
import {
  commitOf,
  expireAll,
  extendBy,
  onReservation,
  payWithin,
  releaseOf,
  reserve,
  settled,
  want,
  wantFrom,
} from "../../../test/model/reservation-commands.ts";
import type { Command, ReservationAction } from "../command.ts";
import { decide } from "../decide.ts";
import { availableOf } from "../inventory/item.ts";
import { reservationPhase } from "../orders/order.ts";
import { partitionOf } from "../record/partition.ts";

const timeoutMs = 30_000;
const startMs = 1_700_000_000_000;
const productIds = ["p1", "p2"] as const;
const locationIds = ["l1", "l2"] as const;
const stock = 8;
const alsoPartitions = [...new Set(productIds.map((productId) => partitionOf(productId, 5)))];

function shop(): MemoryState {
  const book = new SeedBook(5, startMs - 1);
  for (const productId of productIds) book.product(productId);
  for (const locationId of locationIds) book.location(locationId);
  for (const productId of productIds)
    for (const locationId of locationIds) book.item({ productId, locationId, levels: { onHand: stock } });
  return new MemoryState(book.partitionCount, book.entries);
}

/** What becomes a command when it is known which reservations there are. */
type Drawn = (state: MemoryState) => Command;

const quantity = fc.integer({ min: 1, max: 5 });
const ttlMs = fc.integer({ min: 1, max: 6 });
const line = fc
  .record({ productId: fc.constantFrom(...productIds), locationId: fc.constantFrom(...locationIds, null), quantity })
  .map(({ productId, locationId, quantity: units }) =>
    locationId === null ? wantFrom("eu", units, productId) : want(units, { productId, locationId }),
  );

const making: fc.Arbitrary<Drawn> = fc
  .record({
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
    policy: fc.constantFrom("all", "partial"),
    sourcing: fc.constantFrom("priority", "most_stock", "fewest_parcels"),
    ttlMs,
    buyerKey: fc.constantFrom("b".repeat(32), "c".repeat(32), null),
    supersedes: fc.boolean(),
    isDryRun: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
    limit: fc.constantFrom(null, null, 9),
  })
  .map(({ lines, limit, ...rest }) => {
    const limits = { unitsPerBuyer: limit, percentPerPrincipal: null };
    return () => reserve(lines, { ...rest, limits, alsoPartitions });
  });

const named = fc.option(
  fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.option(quantity)), {
    selector: ([of]) => of,
    maxLength: 2,
  }),
  { nil: undefined },
);
const action: fc.Arbitrary<ReservationAction> = fc.oneof(
  fc
    .record({ of: named, releasesRest: fc.boolean(), retakes: fc.boolean() })
    .map(({ of, ...rest }) => commitOf(of, rest)),
  named.map(releaseOf),
  ttlMs.map(extendBy),
  ttlMs.map(payWithin),
);

/** Mostly of one of the last reservations, so that many things are done with each. */
const doing: fc.Arbitrary<Drawn> = fc.tuple(action, fc.nat({ max: 3 })).map(
  ([what, back]) =>
    (state) =>
      onReservation(state, state.orders.at(-1 - back)?.orderId ?? "res_none", what),
);

const sweeping: fc.Arbitrary<Drawn> = fc.constant((state) =>
  expireAll(state, ...state.orders.map(({ orderId }) => orderId)),
);

const step = fc.record({
  /** The database's clock goes back at times. */
  laterMs: fc.oneof({ weight: 12, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.constant(-2) }),
  drawn: fc.oneof(
    { weight: 5, arbitrary: making },
    { weight: 7, arbitrary: doing },
    { weight: 1, arbitrary: sweeping },
  ),
});
const life = fc.array(step, { minLength: 1, maxLength: 25 });

/** What is gone is what was committed; what can be promised is never less than nothing. */
function checkStock(state: MemoryState): void {
  for (const item of state.items) {
    const lines = state.lines.filter(
      ({ productId, locationId }) => productId === item.productId && locationId === item.locationId,
    );
    expect(item.onHand).toBe(stock - lines.reduce((sum, { done }) => sum + done, 0));
    expect(availableOf(item)).toBeGreaterThanOrEqual(0);
  }
}

test(
  "whatever is done with reservations, lines add up, counters follow them, and nothing is promised twice",
  () => {
    const property = fc.property(life, (steps) => {
      const state = shop();
      let nowMs = startMs;
      let latestMs = startMs;
      for (const { laterMs, drawn } of steps) {
        nowMs += laterMs;
        latestMs = Math.max(latestMs, nowMs);
        settled(state, drawn(state), nowMs);
        checkStock(state);
      }
      // The clock may have gone back since the last deadline was set.
      const last = latestMs + 10;
      settled(state, expireAll(state, ...state.orders.map(({ orderId }) => orderId)), last);
      for (const item of state.items) expect(item.reserved).toBe(0);
    });
    fc.assert(property, cases(600));
  },
  timeoutMs,
);

test(
  "what is held can be had up to its last millisecond and never after it",
  () => {
    const property = fc.property(life, (steps) => {
      const state = shop();
      let nowMs = startMs;
      for (const { laterMs, drawn } of steps) {
        nowMs += laterMs;
        const command = drawn(state);
        const before = command.kind === "reservation" ? state.order(command.orderId) : null;
        const lines = before === null ? [] : state.orderLines(before.orderId);
        const { outcome } = settled(state, command, nowMs);
        if (command.kind !== "reservation" || before === null) continue;
        const phase = reservationPhase(before, lines, nowMs);
        if (before.expiresAtMs! <= nowMs) expect(["held", "paying"]).not.toContain(phase);
        const { kind } = command.action;
        const isOpen = phase === "held" || phase === "paying";
        if (isOpen && kind !== "commit" && kind !== "release") expect(outcome.kind).toBe("order");
        if (!isOpen && (kind === "extend" || kind === "pay")) {
          const code = phase === "expired" ? "reservation_expired" : "already_ended";
          expect(outcome).toMatchObject({ kind: "rejected", rejection: { code } });
        }
        if (kind === "commit" && outcome.kind === "order") expect(outcome.latePayment === null).toBe(isOpen);
        if (phase === "expired") for (const { held } of state.orderLines(before.orderId)) expect(held).toBe(0);
      }
    });
    fc.assert(property, cases(400));
  },
  timeoutMs,
);

test(
  "late money is told of at most once for each reservation",
  () => {
    const property = fc.property(life, (steps) => {
      const state = shop();
      let nowMs = startMs;
      for (const { laterMs, drawn } of steps) {
        nowMs += laterMs;
        settled(state, drawn(state), nowMs);
      }
      const late = state.entries.filter((entry) => entry.kind === 72);
      expect(late).toHaveLength(state.orders.filter((order) => order.paymentLateAtMs !== null).length);
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

function isRefusedDemand(state: MemoryState, command: Command, nowMs: number): boolean {
  state.nowMs = nowMs;
  return decide(state, [command], nowMs).draft.entries.some(({ kind }) => kind === entryKinds.inventoryDemandRefused);
}

test(
  "commands of one moment come to the same in one group and one by one",
  () => {
    const property = fc.property(life, fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }), (steps, cuts) => {
      const single = shop();
      const recorded: { readonly command: Command; readonly nowMs: number }[] = [];
      let nowMs = startMs;
      for (const { laterMs, drawn } of steps) {
        nowMs += laterMs;
        const command = drawn(single);
        // What is refused for want of stock is told of a group as a whole.
        if (isRefusedDemand(single, command, nowMs)) continue;
        recorded.push({ command, nowMs });
        settled(single, command, nowMs);
      }
      const grouped = shop();
      let group: Command[] = [];
      for (const [index, { command, nowMs: atMs }] of recorded.entries()) {
        group.push(command);
        if (recorded[index + 1]?.nowMs === atMs && cuts[index] === true) continue;
        grouped.nowMs = atMs;
        grouped.adopt(decide(grouped, group, atMs).draft);
        group = [];
      }
      expect(grouped.entries).toEqual(single.entries);
    });
    fc.assert(property, cases(300));
  },
  timeoutMs,
);

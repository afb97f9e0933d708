/** Random orders on stock and what is done with them: few places, few units, and times that often run out. */
import { unsellableStates } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import type {
  ExpireCommand,
  OrderLines,
  ReservationAction,
  ReservationCommand,
  ReserveCommand,
  ReserveLine,
  TransferAction,
  TransferActionCommand,
  TransferCommand,
} from "../../src/core/command.ts";
import type { StockOrder } from "../../src/core/orders/order.ts";
import { origin } from "./commands.ts";
import {
  channelIds,
  clamp,
  extreme,
  groups,
  locationIds,
  near,
  productIds,
  type Template,
  text,
  time,
} from "./draws.ts";
import { availableAt, linesOf, orderOf, visibleRecord, type World } from "./world.ts";

const actor = fc.constantFrom("key_tester", "key_tester", "key_other");
const buyerKey = fc.constantFrom(null, "b".repeat(32), "b".repeat(32), "c".repeat(32));
const ttlMs = fc.constantFrom(1, 2, 3, 5, 8, 1_000);

/** A few, or about what is there. */
const quantity: fc.Arbitrary<(there: bigint) => number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 5 }).map((units) => () => units) },
  { weight: 3, arbitrary: near.map((by) => (there: bigint) => Math.max(1, clamp(there + BigInt(by)))) },
  { weight: 1, arbitrary: extreme.map((units) => () => Math.max(1, units)) },
);

const sku = fc.constantFrom("none", "none", "none", "none", "right", "other");

function skuFor(world: World, productId: string, drawn: string): string | null {
  if (drawn === "none") return null;
  return drawn === "right" ? (visibleRecord(world.products, productId)?.document.sku ?? "SKU-none") : "SKU-other";
}

const reserveLine = fc
  .record({
    productId: fc.constantFrom(...productIds),
    from: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(...locationIds).map((locationId) => ({ locationId, locationGroup: null })),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(...groups).map((locationGroup) => ({ locationId: null, locationGroup })),
      },
      { weight: 2, arbitrary: fc.constant({ locationId: null, locationGroup: null }) },
    ),
    quantity,
    sku,
  })
  .map((drawn) => (world: World, channelId: string | null): ReserveLine => {
    const { productId } = drawn;
    // A line that names no place at all needs a channel.
    const isNowhere = drawn.from.locationId === null && drawn.from.locationGroup === null && channelId === null;
    const from = isNowhere ? { locationId: "l1", locationGroup: null } : drawn.from;
    const there = availableAt(world, productId, from.locationId ?? "l1");
    return { productId, sku: skuFor(world, productId, drawn.sku), ...from, quantity: drawn.quantity(there) };
  });

export const reserveTemplate: fc.Arbitrary<Template> = fc
  .record({
    actor,
    lines: fc.array(reserveLine, { minLength: 1, maxLength: 4 }),
    policy: fc.constantFrom("all" as const, "partial" as const),
    sourcing: fc.constantFrom("priority", "most_stock", "fewest_parcels"),
    priorities: fc.shuffledSubarray([...locationIds]),
    ttlMs,
    channelId: fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom(...channelIds) },
    ),
    buyerKey,
    supersedes: fc.boolean(),
    isDryRun: fc.constantFrom(false, false, false, false, false, true),
    limits: fc.record({
      unitsPerBuyer: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
      percentPerPrincipal: fc.option(fc.constantFrom(30, 50, 100), { freq: 2 }),
    }),
    text,
  })
  .map((drawn) => (world: World): ReserveCommand => {
    const supersedes = drawn.supersedes && drawn.buyerKey !== null;
    const older = supersedes ? world.orders.filter((order) => order.buyerKey === drawn.buyerKey) : [];
    return {
      ...origin,
      ...drawn,
      kind: "reserve",
      lines: drawn.lines.map((line) => line(world, drawn.channelId)),
      supersedes,
      alsoPartitions: [...new Set(older.flatMap((order) => order.partitions))],
      olderLines: 0,
      note: {},
    };
  });

/** Lines that want the same from places that overlap: who is served first may leave nothing for the others. */
export const crowdedTemplate: fc.Arbitrary<Template> = fc
  .record({
    template: reserveTemplate,
    productId: fc.constantFrom(...productIds),
    channelId: fc.constantFrom(null, ...channelIds),
    lines: fc.array(fc.record({ group: fc.constantFrom(...groups, null), quantity: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 2,
      maxLength: 4,
    }),
  })
  .map(
    ({ template, productId, channelId, lines }) =>
      (world: World): ReserveCommand => ({
        ...(template(world) as ReserveCommand),
        channelId,
        lines: lines.map(({ group, quantity }) => {
          const locationGroup = channelId === null ? (group ?? groups[0]) : group;
          return { productId, sku: null, locationId: null, locationGroup, quantity };
        }),
      }),
  );

/** One of the orders of a kind, the newest ones mostly; or one that was never made. */
const anOrder = fc.constantFrom(0, 0, 0, 1, 1, 2, 5).map((back) => (world: World, kind: StockOrder["kind"]): string => {
  const orders = world.orders.filter((order) => order.kind === kind);
  const prefix = { reservation: "res", transfer: "trf", supply: "sup" }[kind];
  return orders.at(-1 - back)?.orderId ?? orders.at(-1)?.orderId ?? `${prefix}_01000000000`;
});

/** Lines of an order, in part, some of them twice, some that do not exist. */
const someLines = fc
  .option(
    fc.array(fc.record({ line: fc.integer({ min: 1, max: 4 }), quantity: fc.option(fc.integer({ min: 1, max: 3 })) }), {
      minLength: 1,
      maxLength: 3,
    }),
    { freq: 2 },
  )
  .map((drawn) => (world: World, orderId: string): OrderLines => {
    const count = Math.max(1, linesOf(world, orderId).length);
    // Mostly lines that are there.
    return drawn?.map((one) => ({ ...one, line: one.line === 4 ? 4 : 1 + ((one.line - 1) % count) })) ?? null;
  });

const reservationAction: fc.Arbitrary<(world: World, orderId: string) => ReservationAction> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ lines: someLines, releasesRest: fc.boolean(), retakes: fc.boolean() })
      .map(({ lines, ...rest }) => (world: World, orderId: string) => ({
        kind: "commit" as const,
        lines: lines(world, orderId),
        ...rest,
      })),
  },
  {
    weight: 2,
    arbitrary: someLines.map((lines) => (world: World, orderId: string) => ({
      kind: "release" as const,
      lines: lines(world, orderId),
    })),
  },
  { weight: 2, arbitrary: ttlMs.map((ms) => () => ({ kind: "extend" as const, ttlMs: ms })) },
  { weight: 2, arbitrary: ttlMs.map((ms) => () => ({ kind: "pay" as const, ttlMs: ms })) },
);

export const reservationTemplate: fc.Arbitrary<Template> = fc
  .record({ anOrder, action: reservationAction, actor, text })
  .map((drawn) => (world: World): ReservationCommand => {
    const orderId = drawn.anOrder(world, "reservation");
    const { partitions = [], lineCount = 0 } = orderOf(world, orderId) ?? {};
    const { actor: by, text: said } = drawn;
    return {
      ...origin,
      actor: by,
      kind: "reservation",
      orderId,
      partitions,
      lineCount,
      action: drawn.action(world, orderId),
      text: said,
    };
  });

/** The sweeper asks for what it saw; it may be over by then, or not due at all. */
export const expireTemplate: fc.Arbitrary<Template> = fc
  .array(anOrder, { minLength: 1, maxLength: 3 })
  .map((drawn) => (world: World): ExpireCommand => {
    const ids = new Set(drawn.map((one) => one(world, "reservation")));
    const orders = [...ids].map((orderId) => {
      const { partitions = [], lineCount = 0 } = orderOf(world, orderId) ?? {};
      return { orderId, partitions, lineCount };
    });
    return { ...origin, kind: "expire", orders };
  });

export const transferTemplate: fc.Arbitrary<Template> = fc
  .record({
    actor,
    order: fc.constantFrom("transfer" as const, "transfer" as const, "supply" as const),
    from: fc.constantFrom(...locationIds),
    to: fc.constantFrom(...locationIds),
    expectedAtMs: fc.option(time),
    lines: fc.array(fc.record({ productId: fc.constantFrom(...productIds), quantity, sku }), {
      minLength: 1,
      maxLength: 3,
    }),
    text,
  })
  .map((drawn) => (world: World): TransferCommand => {
    const lines = drawn.lines.map(({ productId, ...line }) => ({
      productId,
      sku: skuFor(world, productId, line.sku),
      quantity: line.quantity(availableAt(world, productId, drawn.from)),
    }));
    const { order, expectedAtMs } = drawn;
    const fromLocationId = order === "supply" ? null : drawn.from;
    const note = {};
    const rest = { actor: drawn.actor, text: drawn.text, note };
    return { ...origin, ...rest, kind: "transfer", order, fromLocationId, toLocationId: drawn.to, expectedAtMs, lines };
  });

const transferAction: fc.Arbitrary<(world: World, orderId: string) => TransferAction> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ lines: someLines, expectedAtMs: fc.option(time, { freq: 2 }) })
      .map(({ lines, expectedAtMs }) => (world: World, orderId: string) => ({
        kind: "ship" as const,
        lines: lines(world, orderId),
        expectedAtMs,
      })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        lines: someLines,
        state: fc.option(fc.constantFrom(...unsellableStates), { freq: 2 }),
        isNothing: fc.constantFrom(false, false, false, true),
        closes: fc.boolean(),
      })
      .map(({ lines, state, isNothing, closes }) => (world: World, orderId: string) => ({
        kind: "receive" as const,
        lines:
          lines(world, orderId)?.map((one, index) => ({
            ...one,
            quantity: isNothing && index === 0 ? 0 : one.quantity,
            state,
          })) ?? null,
        closes,
      })),
  },
  {
    weight: 2,
    arbitrary: someLines.map((lines) => (world: World, orderId: string) => ({
      kind: "cancel" as const,
      lines: lines(world, orderId),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.option(time).map((expectedAtMs) => () => ({ kind: "reschedule" as const, expectedAtMs })),
  },
);

export const transferActionTemplate: fc.Arbitrary<Template> = fc
  .record({
    anOrder,
    order: fc.constantFrom("transfer" as const, "transfer" as const, "supply" as const),
    action: transferAction,
    occurredAtMs: fc.option(time, { freq: 2 }),
    actor,
    text,
  })
  .map((drawn) => (world: World): TransferActionCommand => {
    const { order, occurredAtMs } = drawn;
    const orderId = drawn.anOrder(world, order);
    const { partitions = [], lineCount = 0 } = orderOf(world, orderId) ?? {};
    const action = drawn.action(world, orderId);
    const rest = { actor: drawn.actor, text: drawn.text };
    return { ...origin, ...rest, kind: "transfer-action", orderId, order, partitions, lineCount, action, occurredAtMs };
  });

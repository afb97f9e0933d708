/** Commands about orders on stock for tests against a real database. */
import { createHash, randomUUID } from "node:crypto";
import type {
  ChannelCommand,
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
import type { OrderOutcome, Outcome } from "../../src/core/outcome.ts";
import type { Database } from "../../src/db/pool.ts";

const hex = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** @param key a new one when absent */
function origin(key: string = randomUUID()) {
  return {
    key: hex(key),
    requestHash: hex("the same request"),
    actor: "key_test",
    source: null,
    requestId: "req_test",
    traceparent: null,
  };
}

export const reserveLine = (
  productId: string,
  locationId: string | null,
  quantity: number,
  rest: Partial<ReserveLine> = {},
): ReserveLine => ({ productId, sku: null, locationId, locationGroup: null, quantity, ...rest });

/** Holds units for ten minutes, unless told otherwise. */
export const reserve = (
  lines: readonly ReserveLine[],
  rest: Partial<ReserveCommand> = {},
  key?: string,
): ReserveCommand => ({
  kind: "reserve",
  lines,
  policy: "all",
  sourcing: "priority",
  priorities: [],
  ttlMs: 600_000,
  channelId: null,
  buyerKey: null,
  supersedes: false,
  alsoPartitions: [],
  olderLines: 0,
  isDryRun: false,
  limits: { unitsPerBuyer: null, percentPerPrincipal: null },
  note: {},
  text: null,
  ...origin(key),
  ...rest,
});

type Placed = Pick<StockOrder, "orderId" | "partitions" | "lineCount">;

const reservation = (
  { orderId, partitions, lineCount }: Placed,
  action: ReservationAction,
  key?: string,
): ReservationCommand => ({
  kind: "reservation",
  orderId,
  partitions,
  lineCount,
  action,
  text: null,
  ...origin(key),
});

export const commit = (order: Placed, rest: Partial<Extract<ReservationAction, { kind: "commit" }>> = {}) =>
  reservation(order, { kind: "commit", lines: null, releasesRest: false, retakes: false, ...rest });

export const release = (order: Placed, lines: OrderLines = null) => reservation(order, { kind: "release", lines });

export const extend = (order: Placed, ttlMs: number) => reservation(order, { kind: "extend", ttlMs });

export const expire = (...orders: readonly Placed[]): ExpireCommand => ({
  kind: "expire",
  orders: orders.map(({ orderId, partitions, lineCount }) => ({ orderId, partitions, lineCount })),
  ...origin(),
});

export const transfer = (
  fromLocationId: string | null,
  toLocationId: string,
  lines: readonly { readonly productId: string; readonly quantity: number }[],
): TransferCommand => ({
  kind: "transfer",
  order: fromLocationId === null ? "supply" : "transfer",
  fromLocationId,
  toLocationId,
  expectedAtMs: null,
  lines: lines.map((line) => ({ ...line, sku: null })),
  note: {},
  text: null,
  ...origin(),
});

export const transferAction = (
  { orderId, partitions, lineCount, kind }: Placed & Pick<StockOrder, "kind">,
  action: TransferAction,
): TransferActionCommand => ({
  kind: "transfer-action",
  orderId,
  order: kind === "supply" ? "supply" : "transfer",
  partitions,
  lineCount,
  action,
  occurredAtMs: null,
  text: null,
  ...origin(),
});

/** A channel that sells everything from some locations. */
export const createChannel = (channelId: string, locations: readonly string[], buffer = 0): ChannelCommand => ({
  kind: "channel",
  channelId,
  operation: {
    kind: "create",
    document: { name: channelId, locations, locationGroups: [], products: null, buffer, buffers: {} },
  },
  ifMatchVersion: null,
  ...origin(),
});

/** @returns the outcome as an order's. @throws when it is not */
export function orderOf(outcome: Outcome): OrderOutcome {
  if (outcome.kind !== "order") throw new Error(`an order was expected: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Waits until the database's clock has passed a moment. */
export async function untilPast(database: Database, momentMs: number): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ now_ms: number }>({
      text: "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms",
    });
    if (rows[0]!.now_ms > momentMs) return;
  }
}

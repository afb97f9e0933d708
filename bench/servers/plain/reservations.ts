import type { PoolClient } from "pg";
import type { CommandContext } from "./adjust-item.ts";
import { type Answer, ok, problem } from "./answers.ts";
import type { Reservation } from "./requests.ts";

/**
 * Reservations as one transaction each: lock the items in one order, check, hold, write the journal. All lines of a
 * request go in sets of rows, so ten lines cost as many statements as one.
 */

interface LockedItem {
  readonly product_id: string;
  readonly location_id: string;
  readonly sku: string;
  readonly inventory_id: string;
  readonly stock_level: string;
  readonly reserved: string;
  readonly version: string;
}

interface OpenLine {
  readonly product_id: string;
  readonly location_id: string;
  readonly quantity: string;
}

const LOCK_ITEMS = {
  name: "lock-items",
  text: `SELECT i.product_id, i.location_id, p.sku, i.inventory_id, i.stock_level, i.reserved, i.version
    FROM unnest($1::text[], $2::text[]) u(product_id, location_id)
    JOIN item i USING (product_id, location_id) JOIN product p USING (product_id)
    ORDER BY i.product_id, i.location_id FOR UPDATE OF i`,
};
const MOVE_ITEMS = {
  name: "move-items",
  text: `UPDATE item SET stock_level = stock_level + u.delta, reserved = item.reserved + u.reserved_delta,
      version = item.version + 1, updated_at = $5
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) u(product_id, location_id, delta, reserved_delta)
    WHERE item.product_id = u.product_id AND item.location_id = u.location_id`,
};
const MOVE_TOTALS = {
  name: "move-totals",
  text: `UPDATE product SET stock_total = stock_total + u.delta, updated_at = $3
    FROM (SELECT product_id, sum(delta) AS delta FROM unnest($1::text[], $2::bigint[]) v(product_id, delta) GROUP BY product_id) u
    WHERE product.product_id = u.product_id`,
};
const INSERT_ENTRIES = {
  name: "insert-entries",
  text: `INSERT INTO journal (movement_id, product_id, location_id, kind, delta, reserved_delta, level_before, level_after, item_version,
      reason, reference, actor, source, request_id, idempotency_key, occurred_at)
    SELECT gen_random_uuid(), u.*, $8, $9, $10, 'http', $11, $12, $13
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $14::bigint[])
      u(product_id, location_id, kind, delta, reserved_delta, level_before, level_after, item_version)`,
};
const INSERT_RESERVATION = {
  name: "insert-reservation",
  text: `INSERT INTO reservation (reservation_id, principal, phase, expires_at, reference) VALUES ($1, $2, 'held', $3, $4)`,
};
const INSERT_LINES = {
  name: "insert-lines",
  text: `INSERT INTO reservation_line (reservation_id, line, product_id, location_id, quantity)
    SELECT $1, u.* FROM unnest($2::integer[], $3::text[], $4::text[], $5::bigint[]) u`,
};
const LOCK_RESERVATION = {
  name: "lock-reservation",
  text: "SELECT phase, expires_at FROM reservation WHERE reservation_id = $1 FOR UPDATE",
};
const LINES_OF = {
  name: "lines-of",
  text: "SELECT product_id, location_id, quantity FROM reservation_line WHERE reservation_id = $1 ORDER BY line",
};
const COMMIT_RESERVATION = {
  name: "commit-reservation",
  text: "UPDATE reservation SET phase = 'committed', updated_at = $2 WHERE reservation_id = $1",
};

/** Holds the units of all lines, or none. Every item is named by one line. */
export async function createReservation(
  client: PoolClient,
  request: Reservation,
  context: CommandContext,
): Promise<Answer> {
  const { lines } = request;
  const items = await lock(client, lines);
  for (const line of lines) {
    const item = items.get(keyOf(line));
    if (item === undefined) return problem(404, "not_found", "There is no such product or location.");
    const available = Number(item.stock_level) - Number(item.reserved);
    if (available < line.quantity) {
      return problem(409, "insufficient_stock", `Only ${available} are available.`, {
        available,
        requested: line.quantity,
      });
    }
  }
  const now = new Date();
  const expiresAt = new Date(now.getTime() + request.ttlSeconds * 1000);
  const reservationId = `res_${crypto.randomUUID().replaceAll("-", "").slice(0, ID_DIGITS)}`;
  const values = [reservationId, context.principal, expiresAt, request.reference ?? null];
  await client.query({ ...INSERT_RESERVATION, values });
  const rows = lines.map((line) => ({
    product_id: line.productId,
    location_id: line.locationId,
    quantity: line.quantity,
  }));
  await client.query({
    ...INSERT_LINES,
    values: [reservationId, rows.map((_, index) => index + 1), ...columns(rows)],
  });
  const moved = rows.map((row) => ({ ...row, kind: "reserved", delta: 0, reservedDelta: row.quantity }));
  await move(client, moved, items, context, request.reference ?? null, now);
  return { ...ok(view(reservationId, "held", expiresAt, moved, items)), status: 201 };
}

/** Turns all that a reservation holds into sales. */
export async function commitReservation(
  client: PoolClient,
  reservationId: string,
  context: CommandContext,
): Promise<Answer> {
  const found = await client.query<{ phase: string; expires_at: Date }>({
    ...LOCK_RESERVATION,
    values: [reservationId],
  });
  const reservation = found.rows[0];
  if (reservation === undefined) return problem(404, "not_found", "There is no such reservation.");
  const now = new Date();
  if (reservation.expires_at <= now) return problem(409, "reservation_expired", "The reservation has expired.");
  if (reservation.phase !== "held") return problem(409, "already_ended", "The reservation has ended.");
  const { rows } = await client.query<OpenLine>({ ...LINES_OF, values: [reservationId] });
  const lines = rows.map((row) => ({ ...row, quantity: Number(row.quantity) }));
  const items = await lock(
    client,
    lines.map((line) => ({ productId: line.product_id, locationId: line.location_id })),
  );
  const moved = lines.map((row) => ({ ...row, kind: "committed", delta: -row.quantity, reservedDelta: -row.quantity }));
  await move(client, moved, items, context, null, now);
  await client.query({
    ...MOVE_TOTALS,
    values: [moved.map((row) => row.product_id), moved.map((row) => row.delta), now],
  });
  await client.query({ ...COMMIT_RESERVATION, values: [reservationId, now] });
  return ok(view(reservationId, "committed", reservation.expires_at, moved, items));
}

const ID_DIGITS = 13;

interface Moved {
  readonly product_id: string;
  readonly location_id: string;
  readonly quantity: number;
  readonly kind: string;
  readonly delta: number;
  readonly reservedDelta: number;
}

const keyOf = (line: { productId: string; locationId: string }): string => `${line.productId}\n${line.locationId}`;

async function lock(
  client: PoolClient,
  lines: readonly { productId: string; locationId: string }[],
): Promise<Map<string, LockedItem>> {
  const values = [lines.map((line) => line.productId), lines.map((line) => line.locationId)];
  const { rows } = await client.query<LockedItem>({ ...LOCK_ITEMS, values });
  return new Map(rows.map((row) => [keyOf({ productId: row.product_id, locationId: row.location_id }), row]));
}

const columns = (rows: readonly { product_id: string; location_id: string; quantity: number }[]) => [
  rows.map((row) => row.product_id),
  rows.map((row) => row.location_id),
  rows.map((row) => row.quantity),
];

async function move(
  client: PoolClient,
  moved: readonly Moved[],
  items: ReadonlyMap<string, LockedItem>,
  context: CommandContext,
  reference: string | null,
  now: Date,
): Promise<void> {
  const products = moved.map((row) => row.product_id);
  const locations = moved.map((row) => row.location_id);
  const deltas = moved.map((row) => row.delta);
  const reservedDeltas = moved.map((row) => row.reservedDelta);
  await client.query({ ...MOVE_ITEMS, values: [products, locations, deltas, reservedDeltas, now] });
  const before = moved.map((row) => items.get(`${row.product_id}\n${row.location_id}`)!);
  const levels = before.map((item) => Number(item.stock_level));
  await client.query({
    ...INSERT_ENTRIES,
    values: [
      ...[products, locations, moved.map((row) => row.kind), deltas, reservedDeltas, levels],
      levels.map((level, index) => level + deltas[index]!),
      ...["checkout", reference, context.principal, context.requestId, context.key, now],
      before.map((item) => Number(item.version) + 1),
    ],
  });
}

function view(
  reservationId: string,
  phase: string,
  expiresAt: Date,
  moved: readonly Moved[],
  items: ReadonlyMap<string, LockedItem>,
): object {
  return {
    reservationId,
    phase,
    expiresAt: expiresAt.toISOString(),
    lines: moved.map((row, index) => ({
      line: index + 1,
      productId: row.product_id,
      locationId: row.location_id,
      quantity: row.quantity,
    })),
    items: moved.map((row) => {
      const item = items.get(`${row.product_id}\n${row.location_id}`)!;
      const stockLevel = Number(item.stock_level) + row.delta;
      const reservedStock = Number(item.reserved) + row.reservedDelta;
      return {
        inventoryId: item.inventory_id,
        productId: row.product_id,
        sku: item.sku,
        locationId: row.location_id,
        stockLevel,
        reservedStock,
        availableStock: stockLevel - reservedStock,
        version: Number(item.version) + 1,
      };
    }),
  };
}

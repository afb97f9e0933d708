/** Entries as the writer would leave them, without one: what projections are built from, written straight into the journal. */
import { randomBytes } from "node:crypto";
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { Queryable } from "../../src/db/pool.ts";
import { HeadsWatcher } from "../../src/feed/heads-watcher.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Projection } from "../../src/projections/projection.ts";
import { ProjectionRunner, type ProjectionRunnerOptions } from "../../src/projections/projection-runner.ts";
import type { TestDatabase } from "../support/database.ts";

export interface PlainEntry {
  readonly partition: number;
  readonly kind?: EntryKind;
  readonly productId?: string;
  readonly locationId?: string;
  readonly onHand?: number;
  readonly movementType?: number;
  readonly occurredAtMs?: number;
  readonly actor?: string;
  readonly detail?: object;
}

/** Appends entries to their partitions, all at once. */
export async function append(database: TestDatabase, entries: readonly PlainEntry[]): Promise<void> {
  await database.owner.transaction(async (connection) => {
    for (const entry of entries) {
      const occurredAtMs = entry.occurredAtMs ?? Date.UTC(2026, 5, 1);
      const { rows } = await connection.query<{ sequence: number }>({
        text: `UPDATE partition_head SET sequence = sequence + 1, hash = $2, recorded_at = greatest(recorded_at, to_timestamp($3::float8 / 1000))
               WHERE partition = $1 RETURNING sequence`,
        values: [entry.partition, randomBytes(32), occurredAtMs],
      });
      await connection.query({
        text: `INSERT INTO journal (partition, sequence, kind, product_id, location_id, item_number, version, on_hand_delta, reserved_delta,
                 unavailable_delta, incoming_delta, on_hand, reserved, unavailable, incoming, safety_stock, movement_type, allows_negative,
                 occurred_at, recorded_at, actor, request_id, detail, hash)
               SELECT $1, $2, $3, $4, $5, 1, 1, $6, 0, 0, 0, 0, 0, 0, 0, 0, $7, true, to_timestamp($8::float8 / 1000), recorded_at, $9, 'req', $10, hash
               FROM partition_head WHERE partition = $1`,
        values: [
          entry.partition,
          rows[0]!.sequence,
          entry.kind ?? entryKinds.inventoryAdjusted,
          entry.productId ?? "soap",
          entry.locationId ?? "shop",
          entry.onHand ?? -1,
          entry.movementType ?? 0,
          occurredAtMs,
          entry.actor ?? "key_test",
          entry.detail === undefined ? null : JSON.stringify(entry.detail),
        ],
      });
    }
  });
}

/** A projection that adds up what moved, so that an entry that counted twice or never shows. */
export async function summingProjection(database: TestDatabase, version = 1, batchMax = 10): Promise<Projection> {
  await database.owner.query({
    text: "CREATE TABLE IF NOT EXISTS summed (product_id text PRIMARY KEY, entries integer NOT NULL, on_hand bigint NOT NULL)",
  });
  await database.owner.query({ text: "GRANT SELECT, INSERT, UPDATE, DELETE ON summed TO onhand_app" });
  return {
    name: "summing",
    version,
    interest: { kinds: [entryKinds.inventoryAdjusted] },
    batchMax,
    digest: async ({ entries }) => {
      const rows = [...Map.groupBy(entries, (entry) => entry.productId!)].map(([productId, of]) => [
        productId,
        of.length,
        of.reduce((sum, { delta }) => sum + delta.onHand, 0),
      ]);
      return async (connection) => {
        for (const values of rows)
          await connection.query({
            text: `INSERT INTO summed VALUES ($1, $2, $3) ON CONFLICT (product_id)
                   DO UPDATE SET entries = summed.entries + excluded.entries, on_hand = summed.on_hand + excluded.on_hand`,
            values,
          });
      };
    },
    clear: async (connection) => {
      await connection.query({ text: "DELETE FROM summed" });
    },
  };
}

/** What the summing projection has come to: entries and units of each product. */
export async function sums(database: TestDatabase): Promise<Record<string, [number, number]>> {
  const { rows } = await database.owner.query<{ product_id: string; entries: number; on_hand: number }>({
    text: "SELECT * FROM summed ORDER BY product_id",
  });
  return Object.fromEntries(rows.map((row) => [row.product_id, [row.entries, row.on_hand]]));
}

export const noMetrics = { passed: () => {}, failed: () => {}, rebuilt: () => {} };
export const noLog = { warn: () => {}, info: () => {} };

/** Reads the heads of a database as the server does. */
export function headsOf(database: Queryable): ProjectionRunnerOptions["heads"] {
  const watcher = new HeadsWatcher(database, systemClock, () => {});
  return () => watcher.read();
}

/** A runner as a server has it; steps are taken by hand. */
export function runnerOn(
  database: TestDatabase,
  projection: Projection,
  options: Partial<ProjectionRunnerOptions> = {},
): ProjectionRunner {
  return new ProjectionRunner({
    projection,
    database: database.application,
    serverId: "srv_1",
    heads: headsOf(database.application),
    clock: systemClock,
    metrics: noMetrics,
    logger: noLog,
    ...options,
  });
}

/** Steps until there is nothing more to do. */
export async function catchUp(runner: ProjectionRunner): Promise<void> {
  while (typeof (await runner.step()) === "object");
}

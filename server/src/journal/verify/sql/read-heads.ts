/** Begins a verification: one moment for everything read, and what says how far the journal goes at that moment. */
import type { Statement } from "../../../db/pool.ts";
import { inHex, inMilliseconds } from "./columnar.ts";

/** Makes the transaction that has just begun read one moment and nothing else. */
export const readOneMoment = (): Statement => ({ text: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY" });

/** Keeps the planner, in this transaction, to walks along the primary keys: right for every size of table. */
export const walkKeys = (): Statement => ({
  text: `SELECT set_config(name, 'off', true) FROM unnest(array['jit', 'enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']) name`,
});

export interface SnapshotHead {
  readonly partition: number;
  readonly sequence: number | bigint;
  /** Hex digits. */
  readonly hash: string;
  readonly recorded_at: number;
  readonly epoch: number | bigint;
}

/** All heads. */
export const readSnapshotHeads = (): Statement => ({
  text: `SELECT partition, sequence, ${inHex("hash")} AS hash, ${inMilliseconds("recorded_at")} AS recorded_at, epoch
         FROM partition_head ORDER BY partition`,
});

/** How many partitions products are spread over. */
export const readPartitionCount = (): Statement => ({ text: "SELECT partition_count FROM installation" });

const partitioned = [
  ["journal", "partition"],
  ["entry_text", "partition"],
  ["item", "partition"],
  ["product_total", "partition"],
  ["product", "partition"],
  ["product_sku", "sku_partition"],
];
const partitionedOfOrders = [
  ["stock_order", "partition"],
  ["stock_order_line", "partition"],
  ["channel_level", "partition"],
];

/** Tables that hold rows of partitions that do not exist, each with one such partition. @param hasOrders the schema does */
export const readStrays = (partitionCount: number, hasOrders: boolean): Statement => ({
  text: [...partitioned, ...(hasOrders ? partitionedOfOrders : [])]
    .map(
      ([table, column]) =>
        `(SELECT '${table}' AS place, ${column} AS partition FROM ${table} WHERE ${column} < 0 OR ${column} > $1 LIMIT 1)`,
    )
    .join(" UNION ALL "),
  values: [partitionCount],
});

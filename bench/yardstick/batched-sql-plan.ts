import type { Client } from "pg";
import type { AuditFinding } from "../targets/target.ts";

/** The rows of one transaction, column by column. Levels and versions are what the item has after the row. */
export interface BatchRows {
  readonly productIndexes: Uint32Array;
  readonly deltas: Int32Array;
  readonly levelsAfter: Float64Array;
  readonly versionsAfter: Float64Array;
  /** One per row, unique for ever. */
  readonly keys: readonly string[];
  readonly references: readonly string[];
  /** What all rows of the transaction share. */
  readonly requestId: string;
  readonly recordedAt: Date;
}

/**
 * The tables and statements that the yardstick writes. The driver decides rows, transactions and time; a plan says where they
 * go, so that the same driver measures any schema.
 */
export interface BatchedSqlPlan {
  /** Creates the tables, products and items, each item with `initialStock` on its shelf. */
  prepare(client: Client, productCount: number, initialStock: number): Promise<void>;
  /** The statements of one transaction; BEGIN and COMMIT are the driver's. */
  write(client: Client, rows: BatchRows): Promise<void>;
  /** Whether the tables agree with each other and hold `journalRows` rows of the driver. */
  audit(client: Client, journalRows: number): Promise<readonly AuditFinding[]>;
}

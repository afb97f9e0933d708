import type { ClientBase, Pool } from "pg";

/** Tables of the plain server: levels, a journal with the columns an auditor asks for, and answers by key. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS product (
  product_id text PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  stock_total bigint NOT NULL DEFAULT 0 CHECK (stock_total >= 0),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS location (
  location_id text PRIMARY KEY,
  name text NOT NULL,
  type text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS item (
  product_id text NOT NULL REFERENCES product,
  location_id text NOT NULL REFERENCES location,
  inventory_id text NOT NULL UNIQUE,
  stock_level bigint NOT NULL CHECK (stock_level >= 0),
  reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0 AND reserved <= stock_level),
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (product_id, location_id)
);
CREATE TABLE IF NOT EXISTS journal (
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  movement_id uuid NOT NULL,
  product_id text NOT NULL,
  location_id text NOT NULL,
  kind text NOT NULL,
  delta bigint NOT NULL,
  reserved_delta bigint NOT NULL DEFAULT 0,
  level_before bigint NOT NULL,
  level_after bigint NOT NULL,
  item_version bigint NOT NULL,
  reason text NOT NULL,
  reference text,
  actor text NOT NULL,
  source text NOT NULL,
  request_id text NOT NULL,
  idempotency_key text NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS journal_by_item ON journal (product_id, location_id, entry_id);
CREATE TABLE IF NOT EXISTS reservation (
  reservation_id text PRIMARY KEY,
  principal text NOT NULL,
  phase text NOT NULL,
  expires_at timestamptz NOT NULL,
  reference text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS reservation_by_expiry ON reservation (expires_at) WHERE phase = 'held';
CREATE TABLE IF NOT EXISTS reservation_line (
  reservation_id text NOT NULL REFERENCES reservation,
  line integer NOT NULL,
  product_id text NOT NULL,
  location_id text NOT NULL,
  quantity bigint NOT NULL,
  PRIMARY KEY (reservation_id, line)
);
CREATE TABLE IF NOT EXISTS idempotency (
  principal text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  response text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal, key)
);
`;

/** Creates the tables where they are missing. */
export async function createTables(database: Pool | ClientBase): Promise<void> {
  await database.query(SCHEMA);
}

-- compatible: the first schema

-- One row: what was fixed when this installation was made.
CREATE TABLE installation (
  singleton       boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  installation_id text NOT NULL,
  partition_count integer NOT NULL CHECK (partition_count BETWEEN 1 AND 1023),
  cursor_secret   bytea NOT NULL,
  created_at      timestamptz NOT NULL
);

-- The end of each partition. Whoever appends locks it first and holds it to commit.
CREATE TABLE partition_head (
  partition   integer PRIMARY KEY,
  sequence    bigint NOT NULL,
  hash        bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  epoch       bigint NOT NULL
) WITH (fillfactor = 20);

-- The append-only truth. The application may insert and select, nothing else. Its only index is the primary key: the
-- entries of one item are found by following previous_sequence back from item.last_sequence.
CREATE TABLE journal (
  partition         integer NOT NULL,
  sequence          bigint NOT NULL,
  kind              smallint NOT NULL,
  product_id        text,
  location_id       text,
  item_number       bigint,
  previous_sequence bigint,
  version           bigint NOT NULL,
  on_hand_delta     bigint NOT NULL,
  reserved_delta    bigint NOT NULL,
  unavailable_delta bigint NOT NULL,
  incoming_delta    bigint NOT NULL,
  on_hand           bigint NOT NULL,
  reserved          bigint NOT NULL,
  unavailable       bigint NOT NULL,
  incoming          bigint NOT NULL,
  safety_stock      bigint NOT NULL,
  reorder_point     bigint,
  movement_type     smallint NOT NULL,
  allows_negative   boolean NOT NULL,
  occurred_at       timestamptz NOT NULL,
  recorded_at       timestamptz NOT NULL,
  actor             text NOT NULL,
  source            text,
  request_id        text NOT NULL,
  traceparent       text,
  parts             text,
  text_commitment   bytea,
  detail            json,
  hash              bytea NOT NULL,
  PRIMARY KEY (partition, sequence),
  -- A request may raise available at any time, but never take it below zero; only an entry that says so may.
  CONSTRAINT journal_never_oversells CHECK (
    allows_negative
    OR on_hand - reserved - unavailable >= 0
    OR on_hand_delta - reserved_delta - unavailable_delta >= 0
  )
);

-- Free text and whatever may be personal: erasable, for the journal holds only a salted commitment to it.
CREATE TABLE entry_text (
  partition integer NOT NULL,
  sequence  bigint NOT NULL,
  salt      bytea NOT NULL,
  reason    text,
  reference text,
  PRIMARY KEY (partition, sequence)
);

-- Levels: the projection of the journal, one row for each product at each location.
-- available_band is the order of magnitude of available. It changes rarely, so that the index on it does not stop
-- updates from staying within their page, and still serves "available below n".
CREATE TABLE item (
  partition      integer NOT NULL,
  product_id     text NOT NULL,
  location_id    text NOT NULL,
  item_number    bigint NOT NULL,
  on_hand        bigint NOT NULL,
  reserved       bigint NOT NULL,
  unavailable    bigint NOT NULL,
  incoming       bigint NOT NULL,
  oversold       bigint NOT NULL,
  safety_stock   bigint NOT NULL,
  reorder_point  bigint,
  version        bigint NOT NULL,
  last_sequence  bigint NOT NULL,
  updated_at     timestamptz NOT NULL,
  life           smallint NOT NULL,
  available_band smallint NOT NULL,
  PRIMARY KEY (partition, product_id, location_id),
  CONSTRAINT item_never_oversells CHECK (oversold >= 0 AND on_hand - reserved - unavailable >= -oversold),
  CONSTRAINT item_states_not_negative CHECK (reserved >= 0 AND unavailable >= 0 AND incoming >= 0)
) WITH (fillfactor = 70);

-- Inventory ids (partition and number) are looked up by every PATCH and GET of one item.
CREATE UNIQUE INDEX item_by_number ON item (partition, item_number);
-- The items of a location, in the order in which lists are paged.
CREATE INDEX item_by_location ON item (location_id, partition, product_id);
-- Items with little available, lowest order of magnitude first.
CREATE INDEX item_by_available_band ON item (available_band, partition, product_id, location_id);

-- Consolidated totals of each product over all its locations.
CREATE TABLE product_total (
  partition   integer NOT NULL,
  product_id  text NOT NULL,
  on_hand     bigint NOT NULL,
  reserved    bigint NOT NULL,
  unavailable bigint NOT NULL,
  incoming    bigint NOT NULL,
  PRIMARY KEY (partition, product_id)
) WITH (fillfactor = 70);

CREATE TABLE product (
  partition  integer NOT NULL,
  product_id text NOT NULL,
  sku        text NOT NULL,
  name       text NOT NULL,
  document   json NOT NULL,
  version    bigint NOT NULL,
  life       smallint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (partition, product_id)
);

-- SKUs are unique over all partitions, so they have a table of their own, partitioned by SKU.
CREATE TABLE product_sku (
  sku_partition integer NOT NULL,
  sku           text NOT NULL,
  product_id    text NOT NULL,
  PRIMARY KEY (sku_partition, sku)
);

CREATE TABLE location (
  location_id text PRIMARY KEY,
  document    json NOT NULL,
  version     bigint NOT NULL,
  life        smallint NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);

-- Outcomes by key, refusals too, in the partition of the command's first product.
CREATE TABLE result (
  partition    integer NOT NULL,
  key          uuid NOT NULL,
  request_hash uuid NOT NULL,
  outcome      text NOT NULL,
  heads        bytea NOT NULL,
  recorded_at  timestamptz NOT NULL,
  -- Operations of sources and devices may be repeated at any time, so their outcomes are never cleared away.
  is_kept      boolean NOT NULL,
  PRIMARY KEY (partition, key)
);
-- Retention finds the oldest rows; a block range index costs the writer next to nothing.
CREATE INDEX result_by_time ON result USING brin (recorded_at) WITH (autosummarize = on) WHERE NOT is_kept;

-- Which heads had been observed committed at which time: turns a timestamp into a position without missing late commits.
CREATE TABLE observed_heads (
  observed_at timestamptz PRIMARY KEY,
  heads       bytea NOT NULL
);

CREATE TABLE api_key (
  key_id     text PRIMARY KEY,
  name       text NOT NULL,
  role       text NOT NULL CHECK (role IN ('reader', 'writer', 'admin')),
  digest     bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);

-- Raises when a group did not write exactly what was decided, which turns its COMMIT into a rollback.
CREATE FUNCTION require_written(what text, written bigint, decided bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF written <> decided THEN
    RAISE EXCEPTION '% rows written, % decided: %', written, decided, what
      USING ERRCODE = 'OH001', DETAIL = what;
  END IF;
END
$$;

-- The application's role: what it may not do, no bug of ours can do.
GRANT USAGE ON SCHEMA onhand TO onhand_app;
GRANT SELECT ON ALL TABLES IN SCHEMA onhand TO onhand_app;
GRANT INSERT ON journal, entry_text, item, product_total, product, product_sku, location, result, observed_heads, api_key TO onhand_app;
GRANT UPDATE ON partition_head, item, product_total, product, location, api_key TO onhand_app;
GRANT DELETE ON entry_text, product_sku, result, observed_heads TO onhand_app;
GRANT EXECUTE ON FUNCTION require_written TO onhand_app;

-- breaking: servers of the last version cannot read entries of orders, and would go on with levels that are not so any more

-- What few items have beside their levels: states of unsellable units, a maximum, a count, an alert. Null: nothing.
ALTER TABLE item ADD COLUMN extras json;

-- Only what holds units or lets them go moves reserved, only what is on its way moves incoming (kind 3: before there were
-- supplies). What was written before is not looked at: no entry moved reserved then.
ALTER TABLE journal ADD CONSTRAINT journal_moves_by_kind CHECK (
  (reserved_delta = 0 OR kind IN (40, 41, 42, 43, 45, 47)) AND (incoming_delta = 0 OR kind IN (3, 44, 45, 46, 47))
) NOT VALID;

-- Reservations, transfers and supplies: what holds for all lines of one. It lies in the partition that its id carries.
-- How it stands follows from its lines. `kind`: 0 reservation, 1 transfer, 2 supply; `phase`: 0 held, 1 paying.
CREATE TABLE stock_order (
  partition        integer NOT NULL,
  order_id         text NOT NULL,
  kind             smallint NOT NULL,
  partitions       integer[] NOT NULL,
  line_count       integer NOT NULL,
  actor            text NOT NULL,
  phase            smallint,
  expires_at       timestamptz,
  expected_at      timestamptz,
  from_location_id text,
  to_location_id   text,
  channel_id       text,
  -- Digest of principal and buyer, 32 hex digits.
  buyer_key        text,
  payment_late_at  timestamptz,
  superseded_by    text,
  allocation       json,
  -- Free text and whatever may be personal (reference, reason, buyer, supplier): erasable, and in no entry.
  note             json,
  reference        text,
  created_at       timestamptz NOT NULL,
  updated_at       timestamptz NOT NULL,
  PRIMARY KEY (partition, order_id)
) WITH (fillfactor = 80);
-- Lists of each kind, newest first.
CREATE INDEX stock_order_by_age ON stock_order (kind, created_at, order_id);
CREATE INDEX stock_order_by_reference ON stock_order (reference, kind) WHERE reference IS NOT NULL;
CREATE INDEX stock_order_by_buyer ON stock_order (buyer_key, created_at) WHERE buyer_key IS NOT NULL;

-- The lines: the truth about what is promised, each in the partition of its product. Of each item, reserved is the sum
-- of `held` at its location, and incoming the sum of `incoming` to its location.
CREATE TABLE stock_order_line (
  partition      integer NOT NULL,
  order_id       text NOT NULL,
  line           integer NOT NULL,
  request_line   integer NOT NULL,
  kind           smallint NOT NULL,
  product_id     text NOT NULL,
  location_id    text,
  to_location_id text,
  quantity       bigint NOT NULL,
  held           bigint NOT NULL,
  incoming       bigint NOT NULL,
  done           bigint NOT NULL,
  dropped        bigint NOT NULL,
  surplus        bigint NOT NULL,
  -- 0 released, 1 expired, 2 superseded, 3 cancelled, 4 lost: how the last of the dropped units went.
  ended          smallint,
  phase          smallint,
  expires_at     timestamptz,
  holder         text NOT NULL,
  buyer_key      text,
  -- Of the dropped: units that expired or were superseded, not given back.
  lapsed         bigint NOT NULL,
  PRIMARY KEY (partition, order_id, line),
  CONSTRAINT stock_order_line_adds_up CHECK (
    quantity = held + incoming + done + dropped AND held >= 0 AND incoming >= 0 AND done >= 0 AND dropped >= 0 AND surplus >= 0
  ),
  CONSTRAINT stock_order_line_lapsed_is_dropped CHECK (lapsed >= 0 AND lapsed <= dropped),
  CONSTRAINT stock_order_line_has_places CHECK (
    (held = 0 OR location_id IS NOT NULL) AND (incoming = 0 OR to_location_id IS NOT NULL)
  )
) WITH (fillfactor = 70);
-- What is held of an item, the longest due first.
CREATE INDEX stock_order_line_held ON stock_order_line (partition, product_id, location_id, expires_at) WHERE held > 0;
-- What is due anywhere.
CREATE INDEX stock_order_line_due ON stock_order_line (expires_at) WHERE held > 0 AND expires_at IS NOT NULL;
-- What a buyer holds.
CREATE INDEX stock_order_line_by_buyer ON stock_order_line (buyer_key) WHERE held > 0 AND buyer_key IS NOT NULL;
-- What is on its way to a location.
CREATE INDEX stock_order_line_incoming ON stock_order_line (to_location_id, partition, product_id) WHERE incoming > 0;

CREATE TABLE channel (
  channel_id        text PRIMARY KEY,
  document          json NOT NULL,
  version           bigint NOT NULL,
  life              smallint NOT NULL,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  -- Of the control partition: all products are as the catalogue was there.
  refreshed_through bigint NOT NULL DEFAULT 0
);

-- What a channel may sell of a product, as it was last told.
CREATE TABLE channel_level (
  partition     integer NOT NULL,
  product_id    text NOT NULL,
  channel_id    text NOT NULL,
  -- Sum over its locations of available less safety stock, each never below zero.
  sellable      bigint NOT NULL,
  -- That less the channel's buffer: the number it was told.
  available     bigint NOT NULL,
  -- Entry that told it; 0 before the first.
  told_sequence bigint NOT NULL,
  PRIMARY KEY (partition, product_id, channel_id),
  CONSTRAINT channel_level_not_negative CHECK (sellable >= 0 AND available >= 0 AND available <= sellable)
) WITH (fillfactor = 70);
CREATE INDEX channel_level_by_channel ON channel_level (channel_id, partition, product_id);

GRANT SELECT, INSERT, UPDATE ON stock_order, stock_order_line, channel, channel_level TO onhand_app;

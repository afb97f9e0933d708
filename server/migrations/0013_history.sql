-- compatible: servers of the last version know nothing of these tables

-- Projection "history": how each item stood at the cursor, and what happened to it in each hour and each day.
CREATE TABLE item_history (
  partition   integer NOT NULL,
  product_id  text NOT NULL,
  location_id text NOT NULL,
  on_hand     bigint NOT NULL,
  -- Since when nothing of it is available; null while something is.
  out_since   timestamptz,
  PRIMARY KEY (partition, product_id, location_id)
) WITH (fillfactor = 70);

-- `grain` 0: `period` is the hour since 1970, UTC. `grain` 1: the day since 1970, by the location's calendar.
-- Periods in which nothing happened have no row. By the time of events, so late ones change periods that are over.
CREATE TABLE item_period (
  partition        integer NOT NULL,
  product_id       text NOT NULL,
  location_id      text NOT NULL,
  grain            smallint NOT NULL CHECK (grain IN (0, 1)),
  period           integer NOT NULL,
  sold             bigint NOT NULL,
  returned         bigint NOT NULL,
  received         bigint NOT NULL,
  lost             bigint NOT NULL,
  transferred_in   bigint NOT NULL,
  transferred_out  bigint NOT NULL,
  corrected        bigint NOT NULL,
  refused_units    bigint NOT NULL,
  refused_requests bigint NOT NULL,
  -- What moved on hand: the sum of the flows.
  net              bigint NOT NULL GENERATED ALWAYS AS (returned + received + transferred_in + corrected - sold - lost - transferred_out) STORED,
  PRIMARY KEY (partition, product_id, location_id, grain, period)
) WITH (fillfactor = 70);
CREATE INDEX item_period_by_age ON item_period USING brin (grain, period) WITH (autosummarize = on);

-- When nothing of an item was available, by the time of recording: what buyers met.
CREATE TABLE item_outage (
  partition   integer NOT NULL,
  product_id  text NOT NULL,
  location_id text NOT NULL,
  since       timestamptz NOT NULL,
  until       timestamptz NOT NULL,
  PRIMARY KEY (partition, product_id, location_id, since)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON item_history, item_period, item_outage TO onhand_app;

-- compatible: servers of the last version know nothing of sources

-- Platforms, tills and ERPs that send what happened or what is there. What they are trusted with is in the document.
CREATE TABLE source (
  source_id       text PRIMARY KEY,
  document        jsonb NOT NULL,
  version         bigint NOT NULL,
  -- 0 active, 1 archived; deleted ones are gone.
  life            smallint NOT NULL CHECK (life IN (0, 1)),
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  -- The version of its mapping that its payloads go through; null when it sends lines of ours.
  mapping_version integer
);

-- When a source was heard of last, as a whole (location '') and at each location.
CREATE TABLE source_contact (
  source_id     text NOT NULL,
  location_id   text NOT NULL,
  last_heard_at timestamptz NOT NULL,
  -- The newest moment that it told of.
  last_event_at timestamptz,
  -- The last contact of which was told that nothing came after it; null while it is fresh.
  stale_since   timestamptz,
  PRIMARY KEY (source_id, location_id)
) WITH (fillfactor = 50);

-- What a source calls our products and locations.
CREATE TABLE source_code (
  source_id text NOT NULL,
  -- 0 product, 1 location.
  kind      smallint NOT NULL CHECK (kind IN (0, 1)),
  code      text NOT NULL,
  target_id text NOT NULL,
  PRIMARY KEY (source_id, kind, code)
);
CREATE INDEX source_code_by_target ON source_code (source_id, kind, target_id);

-- How payloads of a source become lines; a version never changes.
CREATE TABLE source_mapping (
  source_id  text NOT NULL,
  version    integer NOT NULL,
  expression text NOT NULL,
  about      text,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  PRIMARY KEY (source_id, version)
);

-- What the payloads of a source are signed with; several hold at a time while they are changed.
CREATE TABLE source_secret (
  source_id  text NOT NULL,
  secret_id  text NOT NULL,
  scheme     text NOT NULL,
  secret     bytea NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (source_id, secret_id)
);

-- The last level that each source stated of each item, whatever became of it.
CREATE TABLE source_statement (
  source_id   text NOT NULL,
  product_id  text NOT NULL,
  location_id text NOT NULL,
  stock_level bigint NOT NULL,
  -- The moment that it speaks of.
  as_of       timestamptz NOT NULL,
  version     bigint,
  received_at timestamptz NOT NULL,
  -- What was decided about it, one of the rules of sources; 'statement' for one that is only compared with.
  rule        text NOT NULL,
  PRIMARY KEY (source_id, product_id, location_id)
) WITH (fillfactor = 70);
CREATE INDEX source_statement_by_item ON source_statement (product_id, location_id);

-- Numbers that were published to a source, by which its echoes are recognised: a bounded number of each pair.
CREATE TABLE publication (
  source_id      text NOT NULL,
  product_id     text NOT NULL,
  -- '' where a number was published for all locations together.
  location_id    text NOT NULL,
  published_at   timestamptz NOT NULL,
  publication_id text NOT NULL,
  stock_level    bigint NOT NULL,
  reference      text,
  PRIMARY KEY (source_id, product_id, location_id, published_at, publication_id)
);
CREATE INDEX publication_by_age ON publication USING brin (published_at) WITH (autosummarize = on);

-- Lines that were not applied and wait for somebody or something. Those of an operation are one row for ever.
CREATE TABLE parked_line (
  parked_id    text PRIMARY KEY,
  origin_kind  text NOT NULL CHECK (origin_kind IN ('source', 'device')),
  origin_id    text NOT NULL,
  operation_id text NOT NULL,
  reason       text NOT NULL,
  -- The sender's code, SKU or id that was not found.
  code         text,
  line         jsonb NOT NULL,
  -- What its origin's word counted for when it came.
  origin       jsonb NOT NULL,
  owner        text,
  state        text NOT NULL CHECK (state IN ('open', 'applied', 'discarded')),
  -- Refusals that are remembered under keys of their own: the next try takes the next key.
  tries        integer NOT NULL,
  problem      jsonb NOT NULL,
  -- Of an applied one: its verdict, rule and entry.
  result       jsonb,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  -- When the journal told that it waits; null until then.
  told_at      timestamptz,
  history      jsonb NOT NULL,
  CONSTRAINT parked_line_once UNIQUE (origin_kind, origin_id, operation_id),
  CONSTRAINT parked_line_applied CHECK ((result IS NOT NULL) = (state = 'applied'))
) WITH (fillfactor = 70);
CREATE INDEX parked_line_open ON parked_line (parked_id) WHERE state = 'open';
CREATE INDEX parked_line_untold ON parked_line (parked_id) WHERE told_at IS NULL;
CREATE INDEX parked_line_open_by_code ON parked_line (origin_kind, origin_id, reason, code) WHERE state = 'open';

GRANT SELECT, INSERT, UPDATE ON source_mapping TO onhand_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON source, source_contact, source_code, source_secret, source_statement, publication, parked_line TO onhand_app;

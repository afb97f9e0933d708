-- compatible: servers of the last version take no payloads of sources

-- What a platform sent and no mapping could read: it waits for a mapping that can. Bounded for each source.
CREATE TABLE kept_payload (
  payload_id      text PRIMARY KEY,
  source_id       text NOT NULL,
  -- SHA-256 of what was sent: a platform that tries again is kept once.
  digest          bytea NOT NULL,
  body            bytea NOT NULL,
  -- Those that mappings see.
  headers         jsonb NOT NULL,
  problem         jsonb NOT NULL,
  -- The version that could not read it; null when there was none.
  mapping_version integer,
  tries           integer NOT NULL,
  received_at     timestamptz NOT NULL,
  tried_at        timestamptz NOT NULL,
  CONSTRAINT kept_payload_once UNIQUE (source_id, digest)
);
CREATE INDEX kept_payload_timed_out ON kept_payload (tried_at) WHERE problem->>'code' = 'time';
CREATE INDEX kept_payload_of_source ON kept_payload (source_id, payload_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON kept_payload TO onhand_app;

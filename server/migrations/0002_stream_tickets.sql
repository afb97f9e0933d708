-- compatible: servers of the last version know nothing of tickets and need not

-- Tickets stand for a key in the address of one stream. They live for a minute; only their digest is kept.
CREATE TABLE stream_ticket (
  digest     bytea PRIMARY KEY,
  key_id     text NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX stream_ticket_by_expiry ON stream_ticket (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON stream_ticket TO onhand_app;

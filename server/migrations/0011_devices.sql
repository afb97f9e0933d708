-- compatible: servers of the last version know nothing of devices

-- Tills and scanners that send their log. What was received of a log is kept as ranges of sequences, for ever.
CREATE TABLE device (
  device_id       text PRIMARY KEY,
  -- Source whose codes its lines used last; null for none.
  source_id       text,
  received        int8multirange NOT NULL,
  -- The last sequence that the device says it has given.
  last_sequence   bigint NOT NULL,
  -- How far its clock was behind ours when it was heard from last, and how far that may be off; null when nobody knows.
  clock_offset_ms bigint,
  clock_error_ms  bigint,
  -- What its clock said then.
  clock_at        timestamptz,
  lines           bigint NOT NULL,
  first_heard_at  timestamptz NOT NULL,
  last_heard_at   timestamptz NOT NULL
) WITH (fillfactor = 60);

GRANT SELECT, INSERT, UPDATE ON device TO onhand_app;

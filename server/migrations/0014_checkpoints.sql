-- compatible: servers of the last version know nothing of checkpoints and leave them to newer ones

-- Where partitions were written down: checks begin here, and reads of a past moment start from the nearest one. What a
-- checkpoint holds is told in the journal behind it (kind 100), so that the chain seals it.
CREATE TABLE checkpoint (
  partition   integer NOT NULL,
  -- The entry that it was made behind, with its hash and when it was recorded.
  sequence    bigint NOT NULL CHECK (sequence > 0),
  hash        bytea NOT NULL,
  recorded_at timestamptz NOT NULL,
  -- The partition's checkpoint before this one, 0 for none. Unique: two that were made at the same time are one too many.
  previous    bigint NOT NULL CHECK (previous < sequence),
  levels      bigint NOT NULL,
  digest      bytea NOT NULL,
  late        bigint NOT NULL,
  late_digest bytea NOT NULL,
  made_at     timestamptz NOT NULL,
  -- Whether the entry that tells of it was written.
  is_told     boolean NOT NULL,
  -- False: its levels were cleared away; where it was, and what came late, stays.
  has_levels  boolean NOT NULL,
  PRIMARY KEY (partition, sequence),
  CONSTRAINT checkpoint_in_a_row UNIQUE (partition, previous)
) WITH (fillfactor = 80);

-- Every item of the partition as it was there; product and location are those of its row in item, which never change.
CREATE TABLE checkpoint_level (
  partition     integer NOT NULL,
  checkpoint    bigint NOT NULL,
  item_number   bigint NOT NULL,
  last_sequence bigint NOT NULL,
  on_hand       bigint NOT NULL,
  reserved      bigint NOT NULL,
  unavailable   bigint NOT NULL,
  incoming      bigint NOT NULL,
  life          smallint NOT NULL,
  PRIMARY KEY (partition, checkpoint, item_number)
);

-- Movements between the checkpoint before and this one that had occurred before the one before was reached: so whoever
-- asks what had occurred by a moment long ago need not read the whole journal since.
CREATE TABLE checkpoint_late (
  partition         integer NOT NULL,
  checkpoint        bigint NOT NULL,
  sequence          bigint NOT NULL,
  item_number       bigint NOT NULL,
  occurred_at       timestamptz NOT NULL,
  on_hand_delta     bigint NOT NULL,
  reserved_delta    bigint NOT NULL,
  unavailable_delta bigint NOT NULL,
  incoming_delta    bigint NOT NULL,
  PRIMARY KEY (partition, checkpoint, sequence)
);

GRANT SELECT, INSERT, UPDATE ON checkpoint TO onhand_app;
GRANT SELECT, INSERT, DELETE ON checkpoint_level TO onhand_app;
GRANT SELECT, INSERT ON checkpoint_late TO onhand_app;

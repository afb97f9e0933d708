-- compatible: servers of the last version know neither floors nor why an epoch was raised, and go on without

-- How far back the change feed may be read: entries up to the sequence are no longer handed out. A partition without a
-- row is readable from its beginning. Nothing is deleted from the journal; a floor only ever rises.
CREATE TABLE feed_floor (
  partition integer PRIMARY KEY,
  sequence  bigint NOT NULL CHECK (sequence >= 0)
);

-- Each time the epoch was raised, and why. The first epoch, 1, has no row.
CREATE TABLE epoch_change (
  epoch      bigint PRIMARY KEY,
  changed_at timestamptz NOT NULL,
  reason     text NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON feed_floor TO onhand_app;
GRANT SELECT, INSERT ON epoch_change TO onhand_app;

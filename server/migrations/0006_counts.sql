-- compatible: servers of the last version know neither projections nor counts and need not

-- Tables that are built from the journal by one server at a time: who builds them, and of which history they are. Every
-- transaction that changes them changes this row under the condition that the token is still its own, so a server that
-- lost its lease changes nothing.
CREATE TABLE projection (
  name        text PRIMARY KEY,
  -- What is made of entries, as a number that rises: of an older one the tables are built anew.
  version     integer NOT NULL,
  epoch       bigint NOT NULL,
  holder      text,
  token       bigint NOT NULL,
  lease_until timestamptz,
  rebuilt_at  timestamptz NOT NULL
) WITH (fillfactor = 40);

-- How far a projection has come in each partition, and the hash of the entry there, by which another history is
-- recognised. A partition without a row is at its beginning.
CREATE TABLE projection_position (
  name      text NOT NULL,
  partition integer NOT NULL,
  sequence  bigint NOT NULL CHECK (sequence > 0),
  hash      bytea NOT NULL,
  PRIMARY KEY (name, partition)
) WITH (fillfactor = 40);

-- Projection "reviews": entries that somebody should look at. Open ones can be built again from the journal; what
-- somebody said of a resolved one is nowhere else, so a rebuild leaves those alone.
CREATE TABLE review (
  partition   integer NOT NULL,
  sequence    bigint NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('doubtful', 'oversold', 'unusual')),
  product_id  text NOT NULL,
  location_id text NOT NULL,
  reason      text NOT NULL,
  -- Of notices: sequence of the entry they are about, in the same partition.
  about       bigint,
  figures     json,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  resolved_at timestamptz,
  resolved_by text,
  note        text,
  PRIMARY KEY (partition, sequence),
  CONSTRAINT review_resolved_whole CHECK ((resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL) = (note IS NULL))
);
CREATE INDEX review_open ON review (recorded_at, partition, sequence) WHERE resolved_at IS NULL;
CREATE INDEX review_resolved ON review (resolved_at, partition, sequence) WHERE resolved_at IS NOT NULL;

-- Projection "unusual": what is usual for each item, by its own history.
CREATE TABLE item_profile (
  partition   integer NOT NULL,
  product_id  text NOT NULL,
  location_id text NOT NULL,
  profile     json NOT NULL,
  PRIMARY KEY (partition, product_id, location_id)
) WITH (fillfactor = 70);

-- Working papers of a count at a location. What they come to is in the journal, with the session in its words.
CREATE TABLE count_session (
  session_id  text PRIMARY KEY,
  location_id text NOT NULL,
  status      text NOT NULL CHECK (status IN ('open', 'posting', 'posted', 'cancelled')),
  is_blind    boolean NOT NULL,
  reference   text,
  version     bigint NOT NULL,
  -- Number that the next line gets; lines are never renumbered.
  next_line   integer NOT NULL,
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  -- Who let it be posted, first.
  posted_by   text,
  ended_at    timestamptz,
  CONSTRAINT count_session_ended CHECK ((ended_at IS NOT NULL) = (status IN ('posted', 'cancelled')))
);
CREATE INDEX count_session_by_location ON count_session (location_id, session_id);
CREATE INDEX count_session_unended ON count_session (location_id) WHERE ended_at IS NULL;

-- What was counted of each product. The revision rises whenever the line is counted anew or its refusal was written
-- down; with it the line has one key for the command that posts it.
CREATE TABLE count_line (
  session_id     text NOT NULL,
  partition      integer NOT NULL,
  product_id     text NOT NULL,
  line           integer NOT NULL,
  revision       integer NOT NULL,
  counted        bigint NOT NULL CHECK (counted BETWEEN 0 AND 9007199254740991),
  counted_at     timestamptz NOT NULL,
  device_id      text,
  clock_error_ms bigint CHECK (clock_error_ms >= 0),
  counted_by     text NOT NULL,
  verdict        text CHECK (verdict IN ('applied', 'contained', 'review', 'rejected')),
  -- The entry in the journal that it came to, in the line's partition.
  sequence       bigint,
  -- What it was refused for.
  code           text,
  detail         text,
  PRIMARY KEY (session_id, product_id),
  CONSTRAINT count_line_number UNIQUE (session_id, line),
  CONSTRAINT count_line_posted CHECK ((sequence IS NOT NULL) = coalesce(verdict IN ('applied', 'contained', 'review'), false)),
  CONSTRAINT count_line_refused CHECK ((code IS NOT NULL) = coalesce(verdict = 'rejected', false) AND (code IS NULL) = (detail IS NULL))
) WITH (fillfactor = 70);

-- Answers to changes of working papers by idempotency key, written with their effect.
CREATE TABLE remembered_request (
  key          bytea PRIMARY KEY,
  request_hash bytea NOT NULL,
  answer       text NOT NULL,
  recorded_at  timestamptz NOT NULL
);
CREATE INDEX remembered_request_by_age ON remembered_request USING brin (recorded_at) WITH (autosummarize = on);

GRANT SELECT, INSERT, UPDATE ON projection, count_session TO onhand_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection_position, review, item_profile, count_line, remembered_request TO onhand_app;

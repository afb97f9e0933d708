-- compatible: servers of the last version know nothing of reconciliation and leave it to newer ones

-- Reconciliations that somebody asked for, and how far they are. What looks continuously has no rows here.
CREATE TABLE reconciliation (
  reconciliation_id text PRIMARY KEY,
  status            text NOT NULL CHECK (status IN ('running', 'done', 'failed')),
  -- What is looked at, as it was asked for.
  scope             jsonb NOT NULL,
  -- How much was looked at and found, by check.
  progress          jsonb NOT NULL,
  requested_by      text NOT NULL,
  started_at        timestamptz NOT NULL,
  -- The last sign of life of the server that does it.
  updated_at        timestamptz NOT NULL,
  ended_at          timestamptz,
  -- Why it failed, in words.
  problem           text,
  -- Of a statement that was uploaded: what came of its lines.
  report            json,
  CONSTRAINT reconciliation_ended CHECK ((ended_at IS NULL) = (status = 'running') AND (problem IS NOT NULL) = (status = 'failed'))
) WITH (fillfactor = 50);
CREATE INDEX reconciliation_running ON reconciliation (updated_at) WHERE status = 'running';

-- What differs, and what became of it. Of one thing and check at most one is not closed.
CREATE TABLE difference (
  difference_id text PRIMARY KEY,
  check_kind    text NOT NULL,
  -- What differs, in one text: of one subject there is one that is not closed.
  subject       text NOT NULL,
  partition     integer,
  product_id    text,
  location_id   text,
  source_id     text,
  channel_id    text,
  order_id      text,
  state         text NOT NULL CHECK (state IN ('open', 'accepted', 'closed')),
  owner         text,
  -- How far it is apart, in units; null where it is nothing to count.
  units         bigint,
  -- Expected, found, where it began, and the explanation.
  finding       jsonb NOT NULL,
  found_at      timestamptz NOT NULL,
  -- When it was looked at last.
  seen_at       timestamptz NOT NULL,
  closed_at     timestamptz,
  closed_by     jsonb,
  -- The entry by which a rule or somebody corrected it, when that was tried.
  corrected     jsonb,
  -- 0: nothing was told of it in the journal, 1: that it was found, 2: that it is gone.
  told          smallint NOT NULL DEFAULT 0 CHECK (told IN (0, 1, 2)),
  version       bigint NOT NULL,
  history       jsonb NOT NULL,
  CONSTRAINT difference_closed CHECK ((closed_at IS NOT NULL) = (state = 'closed') AND (closed_by IS NOT NULL) = (state = 'closed'))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX difference_once ON difference (check_kind, subject) WHERE state <> 'closed';
CREATE INDEX difference_unclosed_by_look ON difference (seen_at, difference_id) WHERE state <> 'closed';
CREATE INDEX difference_unclosed ON difference (found_at, difference_id) WHERE state <> 'closed';
CREATE INDEX difference_untold ON difference (closed_at) WHERE state = 'closed' AND told = 1;
CREATE INDEX difference_closed ON difference (closed_at, difference_id) WHERE state = 'closed';

-- What an administrator allows: how far apart is near enough, and what may be corrected without asking.
CREATE TABLE reconciliation_rule (
  rule_id    text PRIMARY KEY,
  document   jsonb NOT NULL,
  version    bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);

-- Up to when each source's statements of an item agreed with the journal, and where the item's entries ended then. What
-- came behind that is where a difference began.
CREATE TABLE statement_agreement (
  source_id   text NOT NULL,
  product_id  text NOT NULL,
  location_id text NOT NULL,
  as_of       timestamptz NOT NULL,
  -- The item's last entry when it was compared; null when it had none.
  sequence    bigint,
  PRIMARY KEY (source_id, product_id, location_id)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE, DELETE ON reconciliation, difference, reconciliation_rule, statement_agreement TO onhand_app;

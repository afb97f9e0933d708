-- compatible: servers of the last version know nothing of jobs and leave them to newer ones

-- An import that is worked on behind its answer. The token rises with every holder; one that does not come a step further in
-- time loses the job to another server, and what it still does then is recorded by nobody.
CREATE TABLE job (
  job_id         text PRIMARY KEY,
  list           text NOT NULL,
  status         text NOT NULL CHECK (status IN ('receiving', 'running', 'cancelling', 'done', 'cancelled', 'failed')),
  -- Who asked for it, and as what its rows are applied.
  principal      json NOT NULL,
  options        json NOT NULL,
  -- Digest of who asked for what: another request under the same id is refused.
  request_hash   text NOT NULL,
  request_id     text NOT NULL,
  traceparent    text,
  -- What has come in. The digest is of all rows so far, so that a file that is sent again can be gone on with.
  upload_token   bigint NOT NULL DEFAULT 0,
  rows_in        bigint NOT NULL DEFAULT 0,
  chunks_in      integer NOT NULL DEFAULT 0,
  is_complete    boolean NOT NULL DEFAULT false,
  input_digest   text NOT NULL DEFAULT '',
  -- Bytes of rows that wait to be applied.
  waiting_bytes  bigint NOT NULL DEFAULT 0,
  -- How far it is.
  chunks_done    integer NOT NULL DEFAULT 0,
  rows_done      bigint NOT NULL DEFAULT 0,
  applied        bigint NOT NULL DEFAULT 0,
  duplicate      bigint NOT NULL DEFAULT 0,
  rejected       bigint NOT NULL DEFAULT 0,
  valid          bigint NOT NULL DEFAULT 0,
  failures       integer NOT NULL DEFAULT 0,
  problem        json,
  -- Who works on it. It is clean when everything that was handed over has its verdict recorded.
  holder         text,
  token          bigint NOT NULL DEFAULT 0,
  lease_until    timestamptz,
  is_clean       boolean NOT NULL DEFAULT true,
  worked_at      timestamptz,
  created_at     timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  ended_at       timestamptz,
  CONSTRAINT job_ended CHECK ((ended_at IS NOT NULL) = (status IN ('done', 'cancelled', 'failed')))
) WITH (fillfactor = 40);
CREATE INDEX job_by_age ON job (created_at, job_id);
CREATE INDEX job_open ON job (worked_at) WHERE ended_at IS NULL;
CREATE INDEX job_over ON job (ended_at) WHERE ended_at IS NOT NULL;

-- Rows that wait, some hundred together; gone when their verdicts are there.
CREATE TABLE job_chunk (
  job_id text NOT NULL,
  chunk  integer NOT NULL,
  rows   text NOT NULL,
  PRIMARY KEY (job_id, chunk)
);

-- Verdicts, in the order of the rows, a line for each.
CREATE TABLE job_result (
  job_id    text NOT NULL,
  chunk     integer NOT NULL,
  first_row bigint NOT NULL,
  last_row  bigint NOT NULL,
  rejected  integer NOT NULL,
  verdicts  text NOT NULL,
  PRIMARY KEY (job_id, chunk)
);
CREATE INDEX job_result_by_row ON job_result (job_id, last_row);

GRANT SELECT, INSERT, UPDATE, DELETE ON job, job_chunk, job_result TO onhand_app;

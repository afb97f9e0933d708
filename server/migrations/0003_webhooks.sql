-- compatible: servers of the last version know nothing of webhooks and need not

-- The time by which deliveries are scheduled and leases held, the same for all servers.
CREATE FUNCTION webhook_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$;

-- What somebody subscribed to, and whether it is active.
CREATE TABLE webhook_subscription (
  subscription_id            text PRIMARY KEY,
  name                       text,
  url                        text NOT NULL,
  types                      text[] NOT NULL,
  filter                     json NOT NULL,
  ordering                   text NOT NULL CHECK (ordering IN ('key', 'strict', 'latest')),
  secret                     text NOT NULL,
  previous_secret            text,
  previous_secret_expires_at timestamptz,
  status                     text NOT NULL CHECK (status IN ('active', 'paused', 'disabled')),
  status_reason              text,
  status_since               timestamptz NOT NULL,
  version                    bigint NOT NULL,
  created_by                 text NOT NULL,
  created_at                 timestamptz NOT NULL,
  updated_at                 timestamptz NOT NULL
);

-- How far a subscription has come, and which server delivers it. Every transaction that records an effect of delivering
-- changes this row under the condition that the token is still its own, so a server that lost its lease records nothing.
CREATE TABLE webhook_progress (
  subscription_id   text PRIMARY KEY,
  holder            text,
  token             bigint NOT NULL,
  lease_until       timestamptz,
  -- Rises with every change from outside: the holder reads everything again before it queues more.
  revision          bigint NOT NULL,
  -- Everything up to here was queued, filtered out or parked with its lane.
  position          bytea NOT NULL,
  last_ordinal      bigint NOT NULL,
  last_sequence     bigint NOT NULL,
  failing_since     timestamptz,
  last_delivered_at timestamptz
) WITH (fillfactor = 40);

-- What is still to be delivered, and what was given up (dead_since). Bounded: the journal is the backlog.
CREATE TABLE webhook_delivery (
  subscription_id text NOT NULL,
  event_id        text NOT NULL,
  item_key        text NOT NULL,
  type            text NOT NULL,
  partition       integer NOT NULL,
  entry_sequence  bigint NOT NULL,
  -- Where a reader stands that has read the event.
  position        bytea NOT NULL,
  traceparent     text,
  -- Null: made again from the journal when it is sent.
  body            text,
  ordinal         bigint NOT NULL,
  sequence        bigint,
  supersedes      bigint[] NOT NULL,
  tries           integer NOT NULL,
  first_tried_at  timestamptz,
  due_at          timestamptz NOT NULL,
  queued_at       timestamptz NOT NULL,
  -- Waits until the event is read again, after the subscription was set back.
  is_held         boolean NOT NULL,
  dead_since      timestamptz,
  last_outcome    text,
  last_status     integer,
  PRIMARY KEY (subscription_id, event_id)
) WITH (fillfactor = 70);

-- Items whose first delivery is being retried while more of them come: those are not queued but read again from here.
CREATE TABLE webhook_parked_lane (
  subscription_id text NOT NULL,
  item_key        text NOT NULL,
  product_id      text,
  location_id     text,
  partition       integer NOT NULL,
  -- Of its partition, what was read; the same as in the position.
  entry_sequence  bigint NOT NULL,
  position        bytea NOT NULL,
  PRIMARY KEY (subscription_id, item_key)
);

-- Every try, for 30 days; also where a replay finds what was delivered.
CREATE TABLE webhook_attempt (
  subscription_id text NOT NULL,
  event_id        text NOT NULL,
  attempted_at    timestamptz NOT NULL,
  sequence        bigint,
  item_key        text NOT NULL,
  type            text NOT NULL,
  partition       integer NOT NULL,
  entry_sequence  bigint NOT NULL,
  position        bytea,
  tries           integer NOT NULL,
  outcome         text NOT NULL,
  status          integer,
  latency_ms      integer,
  detail          text,
  response        text,
  next_try_at     timestamptz,
  PRIMARY KEY (subscription_id, event_id, attempted_at)
);
CREATE INDEX webhook_attempt_by_time ON webhook_attempt (subscription_id, attempted_at, event_id);
CREATE INDEX webhook_attempt_by_sequence ON webhook_attempt (subscription_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX webhook_attempt_by_age ON webhook_attempt USING brin (attempted_at) WITH (autosummarize = on);

-- Servers that deliver webhooks, so that they share the subscriptions.
CREATE TABLE webhook_server (
  server_id  text PRIMARY KEY,
  seen_until timestamptz NOT NULL
);

-- Answers to changes of subscriptions by idempotency key, written with their effect.
CREATE TABLE webhook_request (
  key          bytea PRIMARY KEY,
  request_hash bytea NOT NULL,
  status       integer NOT NULL,
  answer       text NOT NULL,
  recorded_at  timestamptz NOT NULL
);
CREATE INDEX webhook_request_by_age ON webhook_request USING brin (recorded_at) WITH (autosummarize = on);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_subscription, webhook_progress, webhook_delivery, webhook_parked_lane,
  webhook_attempt, webhook_server, webhook_request TO onhand_app;
GRANT EXECUTE ON FUNCTION webhook_now() TO onhand_app;

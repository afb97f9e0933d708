-- Answers by idempotency key of whatever is beside the journal lie in one table.
INSERT INTO remembered_request (key, request_hash, answer, recorded_at)
  SELECT key, request_hash, answer, recorded_at FROM webhook_request
  ON CONFLICT DO NOTHING;
DROP TABLE webhook_request;

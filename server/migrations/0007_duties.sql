-- compatible: servers of the last version know nothing of duties and leave them to newer ones

-- Work that one server does at a time, as keeping channels up to date. The token rises with every holder; one that does not
-- renew its lease loses the duty to another server.
CREATE TABLE duty (
  name        text PRIMARY KEY,
  holder      text,
  token       bigint NOT NULL,
  lease_until timestamptz
) WITH (fillfactor = 40);

GRANT SELECT, INSERT, UPDATE ON duty TO onhand_app;

-- compatible: servers of the last version know nothing of these totals

-- Projection "location_totals": sums of all items of a location, archived ones too. What lies behind its cursor in the
-- journal is added when it is read, so that sums are as new as the levels.
CREATE TABLE location_total (
  partition   integer NOT NULL,
  location_id text NOT NULL,
  on_hand     bigint NOT NULL,
  reserved    bigint NOT NULL,
  unavailable bigint NOT NULL,
  incoming    bigint NOT NULL,
  PRIMARY KEY (location_id, partition)
) WITH (fillfactor = 60);

-- Products by their attributes: all shades of a lipstick.
CREATE INDEX product_by_attribute ON product USING gin ((document::jsonb -> 'attributes'));

GRANT SELECT, INSERT, UPDATE, DELETE ON location_total TO onhand_app;

-- compatible: indexes only

-- Reservations that hold units, by what they wait for: the open ones of a phase are found without those that ended.
CREATE INDEX stock_order_line_open ON stock_order_line (phase, order_id) WHERE held > 0 AND kind = 0;
-- Orders of a product.
CREATE INDEX stock_order_line_by_product ON stock_order_line (partition, product_id, order_id);

-- Another style of what is in a set: what was given, and the styles that cost as much then. A set that was given before
-- has no rows here, and comes as it was given.

-- social: gifts ------------------------------------------------------------------------------------------------
CREATE TABLE gift_set_thing (                            -- owner: gift_id; n is the line of the gift's order
  gift_id    bigint NOT NULL REFERENCES gift_gift,
  n          smallint NOT NULL CHECK (n > 0),
  product_id bigint NOT NULL,
  sku_id     bigint NOT NULL,
  quantity   int NOT NULL CHECK (quantity > 0),
  equal_skus bigint[] NOT NULL,
  PRIMARY KEY (gift_id, n)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_set_thing
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

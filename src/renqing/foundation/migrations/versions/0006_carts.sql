-- trade: carts -------------------------------------------------------------------------------------------------
CREATE TABLE cart_line (                                 -- owner: person_id; one line a person and SKU
  person_id  bigint NOT NULL,                            -- no foreign keys: people and SKUs are never deleted, and a
  sku_id     bigint NOT NULL,                            -- popular SKU's row would be locked by everybody who likes it
  quantity   int NOT NULL CHECK (quantity BETWEEN 1 AND 999),
  price_seen bigint NOT NULL CHECK (price_seen > 0),     -- a piece, when it was last put in: what changed is shown
  currency   char(3) NOT NULL,
  put_in_at  timestamptz NOT NULL,
  PRIMARY KEY (person_id, sku_id)
);

-- Whoever changes a cart takes its lock first, so that counting its lines and adding to a line are exact from however
-- many devices at once. Several carts are locked in the order of their owners. The function takes a new snapshot
-- behind the locks, so what was committed while we waited is seen.
CREATE FUNCTION cart_lock(p_persons bigint[], p_skus bigint[])
RETURNS TABLE (place bigint, quantity int, lines int) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('cart:' || o.person, 7))
    FROM (SELECT DISTINCT t.person FROM unnest(p_persons) AS t(person) ORDER BY t.person) o;
  RETURN QUERY
    SELECT t.o, coalesce(c.quantity, 0), n.lines::int
      FROM unnest(p_persons, p_skus) WITH ORDINALITY AS t(person, sku, o)
      LEFT JOIN cart_line c ON c.person_id = t.person AND c.sku_id = t.sku
     CROSS JOIN LATERAL (SELECT count(*) AS lines FROM cart_line l WHERE l.person_id = t.person) n;
END $$;

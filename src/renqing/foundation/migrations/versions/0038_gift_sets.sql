-- Sets: one gift of several pieces, of one shop or of several. docs/decisions/gift-sets.md says why it looks so.

-- trade: orders ------------------------------------------------------------------------------------------------
-- The order that pays for a set of several shops is no shop's. Once claimed, each shop's section of it becomes an order
-- of that shop, part of it; the whole itself is never shipped, whoever tries.
ALTER TABLE order_order
  ALTER COLUMN shop_id DROP NOT NULL,
  ADD CONSTRAINT of_a_shop_or_of_several CHECK (shop_id IS NOT NULL OR purpose = 'gift' AND part_of IS NULL
                                                AND owner_id IS NULL AND state IN (10, 12, 110, 250)) NOT VALID;
ALTER TABLE order_order VALIDATE CONSTRAINT of_a_shop_or_of_several;

-- What of an order of several shops is whose: a span of its lines, with its freight.
CREATE TABLE order_section (                             -- owner: order_id
  order_id   bigint NOT NULL,
  n          smallint NOT NULL CHECK (n > 0),
  shop_id    bigint NOT NULL,
  part_id    bigint NOT NULL UNIQUE,                     -- the order that it becomes once the set is claimed
  first_line smallint NOT NULL CHECK (first_line > 0),
  last_line  smallint NOT NULL,
  goods_amount bigint NOT NULL CHECK (goods_amount > 0),
  freight_amount bigint NOT NULL CHECK (freight_amount >= 0),
  PRIMARY KEY (order_id, n),
  CONSTRAINT one_section_a_shop UNIQUE (order_id, shop_id),
  CONSTRAINT of_one_line_or_more CHECK (first_line <= last_line)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_section
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- social: gifts ------------------------------------------------------------------------------------------------
ALTER TABLE gift_gift
  ADD COLUMN pieces int NOT NULL DEFAULT 1 CHECK (pieces BETWEEN 1 AND 100000),  -- in its one share
  ADD COLUMN pieces_ended int NOT NULL DEFAULT 0,                    -- by a process that frees all of them
  ADD CONSTRAINT a_set_ends_whole CHECK (pieces = 1 OR ended_at IS NULL OR ended_how = 'unpaid'
                                         OR pieces_ended = pieces),
  ADD CONSTRAINT a_set_is_one_share CHECK (pieces = 1 OR shares = 1 AND tiers = 1 AND mode = 'first_come');

-- Gifts for many: one payment, so many equal shares, one a person. docs/decisions/gift-shares.md says why it looks so.
-- Old processes may run beside this: what they know they write as before, and every new column has what they mean.

-- trade: orders ------------------------------------------------------------------------------------------------
-- An order that pays for many shares is divided: each share claimed becomes an order of its own, part of it.
ALTER TABLE order_order
  ADD COLUMN part_of bigint,                                         -- the order whose payment pays for this one
  ADD COLUMN divided_amount bigint NOT NULL DEFAULT 0,               -- what its parts have of its total
  DROP CONSTRAINT order_order_state_check,
  ADD CONSTRAINT order_order_state_check CHECK (state IN (10, 12, 20, 21, 30, 100, 110, 200, 250)),
  ADD CONSTRAINT parts_within_the_whole CHECK (divided_amount >= 0 AND divided_amount + refunded_amount <= total_amount);
ALTER TABLE order_line
  DROP CONSTRAINT order_line_quantity_check,
  ADD CONSTRAINT order_line_quantity_check CHECK (quantity BETWEEN 1 AND 100000);

CREATE OR REPLACE FUNCTION order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- the table of the room's model
  IF (OLD.state, NEW.state) NOT IN
       ((10, 12), (10, 20), (10, 250), (12, 20), (12, 110), (12, 250), (20, 21), (20, 30), (20, 200), (21, 30),
        (21, 200), (30, 100), (30, 200), (100, 200)) THEN
    RAISE EXCEPTION 'order % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- social: gifts ------------------------------------------------------------------------------------------------
ALTER TABLE gift_gift
  ADD COLUMN group_id bigint REFERENCES people_group,                -- whose members may claim; NULL: see recipient_id
  ADD COLUMN shares int NOT NULL DEFAULT 1 CHECK (shares BETWEEN 1 AND 100000),
  ADD COLUMN shares_claimed int NOT NULL DEFAULT 0;
DROP TRIGGER moves ON gift_gift;
UPDATE gift_gift SET shares_claimed = 1 WHERE claimed_by IS NOT NULL;
ALTER TABLE gift_gift
  DROP CONSTRAINT claimed_has_claimer,                               -- of many shares each has its claimer in gift_share
  ADD CONSTRAINT claimed_has_claimer CHECK (shares > 1 AND claimed_by IS NULL
                                            OR shares = 1 AND (state = 20) = (claimed_by IS NOT NULL)),
  ADD CONSTRAINT shares_within_the_gift CHECK (shares_claimed BETWEEN 0 AND shares),
  ADD CONSTRAINT claimed_when_all_are CHECK ((state = 20) = (shares_claimed = shares)),
  ADD CONSTRAINT one_audience CHECK (recipient_id IS NULL OR shares = 1 AND group_id IS NULL);

CREATE OR REPLACE FUNCTION gift_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- G2: the table of the room's model; a claimer does not change
  IF NEW.shares = 1 AND NEW.claimed_by IS NOT NULL THEN
    NEW.shares_claimed := 1;                             -- for a process that knows of no shares
  END IF;
  IF (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        ((0, 10), (0, 250), (10, 20), (10, 180), (10, 250), (180, 181)))
     OR (OLD.claimed_by IS NOT NULL AND NEW.claimed_by IS DISTINCT FROM OLD.claimed_by)
     OR NEW.shares <> OLD.shares OR NEW.shares_claimed < OLD.shares_claimed
     OR (NEW.shares_claimed > OLD.shares_claimed AND OLD.state <> 10) THEN
    RAISE EXCEPTION 'gift % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE OF state, claimed_by, shares, shares_claimed ON gift_gift
  FOR EACH ROW EXECUTE FUNCTION gift_moves();

-- A claimed share of a gift for many; what is still offered has no row. Append-only: a claim is never taken back.
CREATE TABLE gift_share (                                -- owner: gift_id
  gift_id    bigint NOT NULL,
  n          int NOT NULL CHECK (n > 0),                 -- in the order of the claims
  person_id  bigint NOT NULL,
  order_id   bigint NOT NULL,                            -- the share's own order, part of the gift's
  claimed_at timestamptz NOT NULL,
  PRIMARY KEY (gift_id, n),
  CONSTRAINT one_share_a_person UNIQUE (person_id, gift_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gift_share
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

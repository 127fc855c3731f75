-- Lucky packs: a gift of vouchers for many whose order chance fixed. docs/decisions/lucky-packs.md says how.

-- social: gifts ------------------------------------------------------------------------------------------------
-- A process that knows of no packs would deal the shares by their numbers: ``dealt_by_luck`` refuses what it writes.
ALTER TABLE gift_gift
  ADD COLUMN lucky_dealt int NOT NULL DEFAULT 0,         -- dealt by a process that knows of packs
  DROP CONSTRAINT gift_gift_mode_check,
  ADD CONSTRAINT gift_gift_mode_check CHECK (mode IN ('first_come', 'draw', 'lucky')) NOT VALID,
  ADD CONSTRAINT dealt_by_luck CHECK (mode <> 'lucky' OR lucky_dealt = shares_claimed) NOT VALID,
  ADD CONSTRAINT a_pack_is_for_many CHECK (mode <> 'lucky' OR shares BETWEEN 2 AND 100) NOT VALID;
ALTER TABLE gift_gift VALIDATE CONSTRAINT gift_gift_mode_check;
ALTER TABLE gift_gift VALIDATE CONSTRAINT dealt_by_luck;
ALTER TABLE gift_gift VALIDATE CONSTRAINT a_pack_is_for_many;

-- social: lucky ------------------------------------------------------------------------------------------------
CREATE TABLE lucky_pack (                                -- owner: gift_id. Its rows are written under the gift's lock
  gift_id    bigint PRIMARY KEY,
  giver_id   bigint NOT NULL,
  shares     int NOT NULL CHECK (shares BETWEEN 2 AND 100),
  commitment bytea NOT NULL UNIQUE CHECK (octet_length(commitment) = 32),  -- shown from the start
  seed_sealed bytea NOT NULL,                            -- bound to this row
  seed       bytea,                                      -- public once the pack is over
  made_at    timestamptz NOT NULL,
  shown_at   timestamptz,
  CONSTRAINT seed_as_committed CHECK (seed IS NULL OR sha256(seed) = commitment),
  CONSTRAINT seed_once_over CHECK ((seed IS NULL) = (shown_at IS NULL))
);
CREATE FUNCTION lucky_pack_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- what was promised stays, and what was shown
  IF (NEW.gift_id, NEW.giver_id, NEW.shares, NEW.commitment)
       IS DISTINCT FROM (OLD.gift_id, OLD.giver_id, OLD.shares, OLD.commitment)
     OR OLD.seed IS NOT NULL THEN
    RAISE EXCEPTION 'lucky pack % does not move so', OLD.gift_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON lucky_pack FOR EACH ROW EXECUTE FUNCTION lucky_pack_moves();

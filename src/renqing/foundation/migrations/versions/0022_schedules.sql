-- Schedules: a gift that is paid now comes later. docs/decisions/schedules.md says when that is.

-- social: gifts ------------------------------------------------------------------------------------------------
-- 5: paid, and still to come. A process that knows of no schedules would send it once it is paid: that is refused.
ALTER TABLE gift_gift
  ADD COLUMN scheduled boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT gift_gift_state_check,
  ADD CONSTRAINT gift_gift_state_check CHECK (state IN (0, 5, 10, 20, 180, 181, 250)),
  DROP CONSTRAINT gift_gift_ended_how_check,
  ADD CONSTRAINT gift_gift_ended_how_check CHECK (ended_how IN ('', 'refused', 'expired', 'withdrawn', 'unpaid',
                                                                'undeliverable', 'nobody_left', 'called_off')),
  ADD CONSTRAINT unseen_before_its_moment CHECK (state <> 5 OR scheduled AND claimable_at IS NULL AND opened_at IS NULL
                                                 AND token_hash IS NULL);

CREATE OR REPLACE FUNCTION gift_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- G2: the table of the room's model; a claimer does not change
  IF NEW.shares = 1 AND NEW.claimed_by IS NOT NULL THEN
    NEW.shares_claimed := 1;                             -- for a process that knows of no shares
  END IF;
  IF (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        ((0, 5), (0, 10), (0, 250), (5, 10), (5, 250), (10, 20), (10, 180), (10, 250), (180, 181)))
     OR (NEW.scheduled AND (OLD.state, NEW.state) = (0, 10))
     OR (OLD.claimed_by IS NOT NULL AND NEW.claimed_by IS DISTINCT FROM OLD.claimed_by)
     OR NEW.shares <> OLD.shares OR NEW.shares_claimed < OLD.shares_claimed
     OR (NEW.shares_claimed > OLD.shares_claimed AND OLD.state <> 10) THEN
    RAISE EXCEPTION 'gift % does not move from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- social: schedules --------------------------------------------------------------------------------------------
CREATE TABLE schedule_delivery (                         -- owner: giver_id; a row until the gift comes or ends before
  gift_id    bigint PRIMARY KEY,
  giver_id   bigint NOT NULL,
  deliver_at timestamptz NOT NULL,
  time_zone  text NOT NULL CHECK (time_zone <> ''),      -- where the giver thinks of that moment: an IANA name
  CONSTRAINT to_the_minute CHECK (extract(epoch FROM deliver_at)::bigint % 60 = 0)
);
CREATE INDEX schedule_delivery_giver ON schedule_delivery (giver_id);

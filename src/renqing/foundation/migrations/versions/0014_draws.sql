-- Draws: a gift whose shares are won among who entered. docs/decisions/fair-draw.md says what is proven and how.

-- social: gifts ------------------------------------------------------------------------------------------------
-- A process that knows of no draws would give a share to whoever comes first: ``dealt_by_ways`` refuses what it writes.
ALTER TABLE gift_gift
  ADD COLUMN mode text NOT NULL DEFAULT 'first_come' CHECK (mode IN ('first_come', 'draw')),
  DROP CONSTRAINT dealt_by_tiers,
  ADD CONSTRAINT dealt_by_ways CHECK (tiers = 1 AND mode = 'first_come' OR shares_dealt = shares_claimed),
  ADD CONSTRAINT nobody_is_named_in_a_draw CHECK (mode = 'first_come' OR recipient_id IS NULL),
  DROP CONSTRAINT gift_gift_ended_how_check,
  ADD CONSTRAINT gift_gift_ended_how_check CHECK (ended_how IN ('', 'refused', 'expired', 'withdrawn', 'unpaid',
                                                                'undeliverable', 'nobody_left'));

-- social: draws ------------------------------------------------------------------------------------------------
CREATE TABLE draw_draw (                                 -- owner: gift_id. Its rows are written under the gift's lock
  gift_id    bigint PRIMARY KEY,
  giver_id   bigint NOT NULL,
  prizes     int NOT NULL CHECK (prizes BETWEEN 1 AND 100000),
  draw_at    timestamptz NOT NULL,
  entrants_max int NOT NULL CHECK (entrants_max BETWEEN 1 AND 100000),  -- with this many it is drawn at once
  guests_only boolean NOT NULL,                          -- only who stands in draw_guest
  commitment bytea NOT NULL UNIQUE CHECK (octet_length(commitment) = 32),  -- shown from the start; the draw's public name
  seed_sealed bytea NOT NULL,                            -- bound to this row
  seed       bytea,                                      -- public once it is drawn
  entrants   int NOT NULL DEFAULT 0,
  head       bytea NOT NULL CHECK (octet_length(head) = 32),  -- of the chain over the entries
  awarded    int NOT NULL DEFAULT 0,                     -- so many ranks of the seed's order have had their chance
  made_at    timestamptz NOT NULL,
  drawn_at   timestamptz,
  CONSTRAINT seed_as_committed CHECK (seed IS NULL OR sha256(seed) = commitment),
  CONSTRAINT seed_once_drawn CHECK ((seed IS NULL) = (drawn_at IS NULL)),
  CONSTRAINT entrants_within CHECK (entrants BETWEEN 0 AND entrants_max AND awarded BETWEEN 0 AND entrants)
);
CREATE FUNCTION draw_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- what was promised stays; nobody enters once it is drawn
  IF (NEW.gift_id, NEW.prizes, NEW.draw_at, NEW.entrants_max, NEW.guests_only, NEW.commitment)
       IS DISTINCT FROM (OLD.gift_id, OLD.prizes, OLD.draw_at, OLD.entrants_max, OLD.guests_only, OLD.commitment)
     OR NEW.entrants < OLD.entrants OR NEW.awarded < OLD.awarded
     OR (OLD.drawn_at IS NOT NULL AND (NEW.entrants, NEW.head, NEW.seed, NEW.drawn_at)
                                  IS DISTINCT FROM (OLD.entrants, OLD.head, OLD.seed, OLD.drawn_at)) THEN
    RAISE EXCEPTION 'draw % does not move so', OLD.gift_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON draw_draw FOR EACH ROW EXECUTE FUNCTION draw_moves();

CREATE TABLE draw_guest (                                -- owner: gift_id. Who may enter, where not everybody may
  gift_id    bigint NOT NULL,
  person_id  bigint NOT NULL,
  PRIMARY KEY (gift_id, person_id)
);
CREATE INDEX draw_guest_person ON draw_guest (person_id);

CREATE TABLE draw_entry (                                -- owner: gift_id. Numbered without a gap; append-only
  gift_id    bigint NOT NULL,
  n          int NOT NULL CHECK (n > 0),
  person_id  bigint NOT NULL,
  tag        bytea NOT NULL CHECK (octet_length(tag) = 32),    -- a keyed hash of gift and person: another in every draw
  nonce      bytea NOT NULL CHECK (octet_length(nonce) = 16),  -- chance of the entrant's own
  head       bytea NOT NULL CHECK (octet_length(head) = 32),   -- of the chain, with this entry: the entrant's receipt
  entered_at timestamptz NOT NULL,
  PRIMARY KEY (gift_id, n),
  CONSTRAINT one_entry_a_person UNIQUE (person_id, gift_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON draw_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE draw_award (                                -- owner: gift_id. Who may claim which prize, until when
  gift_id    bigint NOT NULL,
  rank       int NOT NULL CHECK (rank > 0),              -- in the seed's order
  entry_n    int NOT NULL,
  person_id  bigint NOT NULL,
  prize      int NOT NULL CHECK (prize > 0),             -- the share's number
  awarded_at timestamptz NOT NULL,
  claim_by   timestamptz NOT NULL,
  claimed_at timestamptz,
  lapsed_at  timestamptz,                                -- nobody claimed it in time: the next in order has its chance
  PRIMARY KEY (gift_id, rank),
  CONSTRAINT one_win_a_person UNIQUE (person_id, gift_id),
  CONSTRAINT claimed_or_lapsed CHECK (claimed_at IS NULL OR lapsed_at IS NULL)
);
CREATE UNIQUE INDEX one_winner_a_prize ON draw_award (gift_id, prize) WHERE lapsed_at IS NULL;

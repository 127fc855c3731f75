-- Claim cards: a number and a PIN in print, each for one piece of an activity, once. docs/decisions/claim-cards.md.

-- social: activities -------------------------------------------------------------------------------------------
ALTER TABLE activity_activity
  DROP CONSTRAINT activity_activity_audience_check,
  ADD CONSTRAINT activity_activity_audience_check
    CHECK (audience IN ('link', 'customers', 'group', 'chosen', 'cards'));

-- social: cards ------------------------------------------------------------------------------------------------
CREATE TABLE card_batch (                                -- owner: activity_id
  id         bigint PRIMARY KEY,
  activity_id bigint NOT NULL,
  shop_id    bigint NOT NULL,
  made_by    bigint NOT NULL,
  cards      int NOT NULL CHECK (cards BETWEEN 1 AND 1000),
  made_at    timestamptz NOT NULL
);
CREATE INDEX card_batch_activity ON card_batch (activity_id, id DESC);
CREATE TABLE card_card (                                 -- owner: activity_id
  number     text PRIMARY KEY CHECK (number ~ '^[0-9]{12}$'),
  batch_id   bigint NOT NULL REFERENCES card_batch,
  n          int NOT NULL CHECK (n > 0),
  activity_id bigint NOT NULL,
  pin_hash   bytea NOT NULL CHECK (length(pin_hash) = 32), -- keyed; the PIN itself is nowhere
  wrong      smallint NOT NULL DEFAULT 0,
  locked_until timestamptz,
  used_by    bigint,
  used_at    timestamptz,
  CONSTRAINT used_by_somebody CHECK ((used_by IS NULL) = (used_at IS NULL)),
  CONSTRAINT so_many_wrong_pins CHECK (wrong BETWEEN 0 AND 4),
  CONSTRAINT numbered_in_its_batch UNIQUE (batch_id, n)
);
CREATE UNIQUE INDEX one_card_a_person ON card_card (activity_id, used_by) WHERE used_by IS NOT NULL;

CREATE FUNCTION card_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN                                                    -- a card used is used
  IF OLD.used_by IS NOT NULL OR (NEW.number, NEW.batch_id, NEW.activity_id, NEW.pin_hash)
     IS DISTINCT FROM (OLD.number, OLD.batch_id, OLD.activity_id, OLD.pin_hash) THEN
    RAISE EXCEPTION 'card % does not change so', OLD.number USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON card_card FOR EACH ROW EXECUTE FUNCTION card_moves();

CREATE TABLE card_try (                                  -- owner: person_id; wrong tries at any cards, in an hour
  person_id  bigint PRIMARY KEY,
  wrong      smallint NOT NULL CHECK (wrong >= 0),
  since      timestamptz NOT NULL
);

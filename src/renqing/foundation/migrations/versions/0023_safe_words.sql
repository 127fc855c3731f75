-- A word that a gift sent outside by link waits for, and the tries at it.

-- social: safe words -------------------------------------------------------------------------------------------
CREATE TABLE safe_word_lock (                            -- owner: gift_id
  gift_id    bigint PRIMARY KEY REFERENCES gift_gift,
  giver_id   bigint NOT NULL REFERENCES people_person,
  word_hash  bytea NOT NULL CHECK (length(word_hash) = 32), -- keyed; the word itself is nowhere
  question   text NOT NULL,
  set_at     timestamptz NOT NULL
);
CREATE INDEX safe_word_lock_giver ON safe_word_lock (giver_id);
CREATE TABLE safe_word_try (                             -- owner: gift_id; what one person tried, and when it was right
  gift_id    bigint NOT NULL,
  person_id  bigint NOT NULL REFERENCES people_person,
  wrong      smallint NOT NULL CHECK (wrong >= 0),
  passed_at  timestamptz,
  PRIMARY KEY (gift_id, person_id),
  CONSTRAINT so_many_tries CHECK (wrong <= 5)
);

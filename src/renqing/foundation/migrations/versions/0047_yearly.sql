-- Rules by which somebody means to give a friend something on the same day of every year.

-- social: yearly -----------------------------------------------------------------------------------------------
CREATE TABLE yearly_rule (                               -- owner: giver_id, who alone knows of it
  id         bigint PRIMARY KEY,
  giver_id   bigint NOT NULL REFERENCES people_person,
  friend_id  bigint NOT NULL REFERENCES people_person CHECK (friend_id <> giver_id),
  note_id    bigint,                                     -- NULL: the friend's own birthday, while they show it
  sku_id     bigint REFERENCES catalog_sku,              -- this style, or
  list_id    bigint,                                     -- what waits longest on this wish list, which may be gone
  total_max  bigint NOT NULL CHECK (total_max > 0),      -- minor units, with freight
  currency   text NOT NULL,
  cover      text NOT NULL,
  greeting   text NOT NULL,
  comes_at   smallint NOT NULL CHECK (comes_at BETWEEN 0 AND 1439), -- minute of the day where the friend is
  state      text NOT NULL CHECK (state IN ('paused', 'active', 'ended')),
  made_at    timestamptz NOT NULL,
  CONSTRAINT one_thing_to_give CHECK (num_nonnulls(sku_id, list_id) = 1)
);
CREATE INDEX yearly_rule_giver ON yearly_rule (giver_id, id);
CREATE INDEX yearly_rule_friend ON yearly_rule (friend_id, id);
CREATE INDEX yearly_rule_note ON yearly_rule (note_id) WHERE note_id IS NOT NULL;
CREATE TABLE yearly_proposal (                           -- owner: rule_id; what a rule came to in a year of its day
  id         bigint PRIMARY KEY,
  rule_id    bigint NOT NULL REFERENCES yearly_rule,
  year       integer NOT NULL,
  "on"       date NOT NULL,
  time_zone  text NOT NULL,
  comes_at   timestamptz NOT NULL,
  state      text NOT NULL CHECK (state IN ('waiting', 'given', 'lapsed', 'failed')),
  why        text,
  sku_id     bigint REFERENCES catalog_sku,
  product_id bigint REFERENCES catalog_product,
  total      bigint CHECK (total > 0),
  order_id   bigint REFERENCES order_order,              -- of the gift that came of it last
  made_at    timestamptz NOT NULL,
  CONSTRAINT once_a_year UNIQUE (rule_id, year),
  CONSTRAINT proposed_or_failed CHECK ((state = 'failed') = (why IS NOT NULL)
                                   AND (state = 'failed') = (sku_id IS NULL)
                                   AND (state = 'failed') = (total IS NULL)),
  CONSTRAINT given_by_an_order CHECK ((state = 'given') = (order_id IS NOT NULL))
);
CREATE TABLE yearly_gift (                               -- owner: gift_id; paid or not, every gift that came of a rule
  gift_id    bigint PRIMARY KEY REFERENCES gift_gift,
  rule_id    bigint NOT NULL,
  year       integer NOT NULL,
  FOREIGN KEY (rule_id, year) REFERENCES yearly_proposal (rule_id, year)
);
CREATE INDEX yearly_gift_rule ON yearly_gift (rule_id, year);

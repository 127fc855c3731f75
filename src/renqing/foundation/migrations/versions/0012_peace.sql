-- What people let come to them, and what they let be counted of them. docs/decisions/peace.md.

-- social: peace ------------------------------------------------------------------------------------------------
CREATE TABLE peace_rule (                                -- owner: person_id; who has no row lives by the defaults
  person_id  bigint PRIMARY KEY REFERENCES people_person,
  gifts_from text NOT NULL CHECK (gifts_from IN ('near', 'friends', 'nobody')),
  gift_price_max bigint CHECK (gift_price_max > 0),      -- minor units, of one thing; NULL: whatever the house allows
  quiet_from smallint CHECK (quiet_from BETWEEN 0 AND 1439), -- minutes of the day in time_zone; NULL: no quiet hours
  quiet_to   smallint CHECK (quiet_to BETWEEN 0 AND 1439),
  time_zone  text NOT NULL,
  is_counted boolean NOT NULL,                           -- friends may see that somebody of theirs gave a product
  CHECK ((quiet_from IS NULL) = (quiet_to IS NULL)),
  CHECK (quiet_from <> quiet_to)
);

CREATE TABLE peace_given (                               -- owner: giver_id; counted when a gift or a share is claimed
  product_id bigint NOT NULL,
  giver_id   bigint NOT NULL,
  times      bigint NOT NULL CHECK (times > 0),
  PRIMARY KEY (product_id, giver_id)
);
CREATE INDEX peace_given_giver ON peace_given (giver_id);

CREATE TABLE peace_tally (                               -- owner: product_id
  product_id bigint PRIMARY KEY,
  givers     bigint NOT NULL CHECK (givers > 0),
  times      bigint NOT NULL CHECK (times >= givers)
);

-- social: notices ----------------------------------------------------------------------------------------------
-- A notice that comes in its reader's quiet hours is there, and makes no dot before they are over.
ALTER TABLE notice_notice ADD COLUMN quiet_until timestamptz;

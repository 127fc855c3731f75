-- A gift that its recipient declines may go to a charity of the platform's list, or on to a friend of theirs, once.

-- social: charities --------------------------------------------------------------------------------------------
CREATE TABLE charity_charity (                           -- owner: the platform
  id         bigint PRIMARY KEY,
  person_id  bigint NOT NULL UNIQUE REFERENCES people_person, -- an account that nobody signs in to: it owns the orders
  address_id bigint NOT NULL,                            -- of that account, sealed there; forgotten at its end
  name_zh    text NOT NULL CHECK (name_zh <> ''),
  name_en    text NOT NULL,
  about_zh   text NOT NULL,
  about_en   text NOT NULL,
  added_by   bigint NOT NULL,
  added_at   timestamptz NOT NULL,
  ended_at   timestamptz                                 -- it takes nothing any more; its address is gone
);

-- social: gifts ------------------------------------------------------------------------------------------------
ALTER TABLE gift_gift ADD COLUMN passed_by bigint REFERENCES people_person; -- who declined it and passed it on
ALTER TABLE gift_gift ADD CONSTRAINT passed_by_another CHECK (passed_by <> giver_id) NOT VALID;
ALTER TABLE gift_gift VALIDATE CONSTRAINT passed_by_another;

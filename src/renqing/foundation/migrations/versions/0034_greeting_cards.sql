-- A card of paper that a shop writes for a giver and lays into the parcel.
ALTER TABLE people_shop ADD COLUMN writes_cards boolean NOT NULL DEFAULT false; -- a merchant's promise: switched on, kept

-- social: greeting cards ---------------------------------------------------------------------------------------
CREATE TABLE greeting_card (                             -- owner: gift_id; only gifts that have one
  gift_id    bigint PRIMARY KEY REFERENCES gift_gift,
  giver_id   bigint NOT NULL REFERENCES people_person,
  receiver_name text NOT NULL,                           -- the salutation; may be empty
  giver_name text NOT NULL,                              -- the signature; may be empty
  message    text NOT NULL
);
CREATE INDEX greeting_card_giver ON greeting_card (giver_id);

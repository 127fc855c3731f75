-- Gifts in return, which name the gift that they answer.

-- social: gifts ------------------------------------------------------------------------------------------------
ALTER TABLE gift_gift
  ADD COLUMN reply_to bigint REFERENCES gift_gift,       -- the gift that it answers (回礼); gone where it goes elsewhere
  ADD CONSTRAINT not_its_own_answer CHECK (reply_to <> id);

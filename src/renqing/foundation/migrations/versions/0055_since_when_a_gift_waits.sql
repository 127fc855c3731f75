-- Since when a gift waits for its giver: for the operator's desk, which lists those that do.
ALTER TABLE gift_gift ADD COLUMN held_since timestamptz;
CREATE INDEX gift_held ON gift_gift (held_until) WHERE held_until IS NOT NULL;

-- A gift whose link goes around waits for its giver's yes. A process that knows of no waiting lets it be claimed.
ALTER TABLE gift_gift ADD COLUMN held_until timestamptz;  -- nobody claims it before

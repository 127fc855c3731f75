-- More time by one tap of the recipient, and an unclaimed gift to somebody else: its old link is dead.

-- social: gifts ------------------------------------------------------------------------------------------------
ALTER TABLE gift_gift
  ADD COLUMN more_seconds int NOT NULL DEFAULT 0 CHECK (more_seconds BETWEEN 0 AND 2592000), -- once, added to its time
  ADD COLUMN readdressed smallint NOT NULL DEFAULT 0 CHECK (readdressed BETWEEN 0 AND 3);    -- how often it moved on

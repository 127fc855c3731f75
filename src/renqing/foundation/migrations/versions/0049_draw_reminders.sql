-- Winners who have not claimed are reminded at half of their time and before its end, each once.
-- A process that knows of no reminders writes none: its winners are not reminded.
ALTER TABLE draw_award
  ADD COLUMN reminder  text NOT NULL DEFAULT '' CHECK (reminder IN ('', 'half', 'end')),  -- what is said next
  ADD COLUMN remind_at timestamptz,                                                       -- when
  ADD CONSTRAINT reminded_at_a_moment CHECK ((reminder = '') = (remind_at IS NULL));
CREATE INDEX draw_award_remind ON draw_award (gift_id, remind_at) WHERE remind_at IS NOT NULL;

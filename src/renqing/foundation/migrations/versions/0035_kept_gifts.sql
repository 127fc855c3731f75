-- A gift that its giver keeps: what nobody claimed of it becomes an order of the giver's own, paid by the gift's.
ALTER TABLE gift_gift DROP CONSTRAINT gift_gift_ended_how_check;
ALTER TABLE gift_gift ADD CONSTRAINT gift_gift_ended_how_check CHECK (ended_how IN ('', 'refused', 'expired', 'withdrawn',
  'unpaid', 'undeliverable', 'nobody_left', 'called_off', 'kept')) NOT VALID;
ALTER TABLE gift_gift VALIDATE CONSTRAINT gift_gift_ended_how_check;

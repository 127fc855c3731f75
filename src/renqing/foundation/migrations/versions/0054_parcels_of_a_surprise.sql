-- Of a set each parcel is looked at by itself. What was said of a gift before was said of all of it: order 0.
ALTER TABLE surprise_reveal ADD COLUMN order_id bigint NOT NULL DEFAULT 0;  -- whose parcel; 0: all of the gift
ALTER TABLE surprise_reveal DROP CONSTRAINT surprise_reveal_pkey;
ALTER TABLE surprise_reveal ADD PRIMARY KEY (gift_id, person_id, order_id);

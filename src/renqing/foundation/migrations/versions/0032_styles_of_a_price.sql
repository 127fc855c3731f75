-- Which styles cost the same when a gift was given: those its recipient may take, whatever they cost later.
-- NULL: a gift from before this was kept, or one whose shares come as given.

ALTER TABLE gift_gift ADD COLUMN equal_skus bigint[];

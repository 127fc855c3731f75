-- What is given and not claimed is refunded; terms that say something else would promise what the house does not do yet.
-- Old processes may run beside this: they say it still, and it means what it always did.
ALTER TABLE voucher_terms ALTER COLUMN unclaimed SET DEFAULT 'refunded';

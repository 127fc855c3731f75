-- Vouchers that were given and nobody claimed in time return into their giver's own cards, where their terms say so.
CREATE TABLE voucher_return (                            -- owner: order_id; a part of the gift's order, its giver's own
  order_id   bigint PRIMARY KEY,
  gift_id    bigint NOT NULL
);
CREATE INDEX voucher_return_gift ON voucher_return (gift_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON voucher_return
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

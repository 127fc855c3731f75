"""One claim as one transaction: what the journey writes and reads for a claim, as one call of a function."""

from __future__ import annotations

# The rows are the journey's: kept answer, share, part and line, fact, the two counters. Nothing is left out but the
# opening and sealing of the address, which PostgreSQL cannot do: the bytes are as many. Nobody is to tell the fact (it
# comes due in a year): the worker could not open what was not sealed, and would try while pgbench runs.
ONE_CLAIM = """
CREATE FUNCTION bench_claim(p_n int, p_gift bigint, p_key text, p_sealed bytea) RETURNS int LANGUAGE plpgsql AS $$
DECLARE v_person bigint; v_address bigint; v_gift gift_gift; v_whole order_order; v_order bigint; v_n int;
BEGIN
  SELECT person_id, address_id INTO v_person, v_address FROM bench_claimer WHERE n = p_n;
  PERFORM 1 FROM once_begin(ARRAY[v_person], ARRAY[p_key]);
  SELECT * INTO v_gift FROM gift_gift WHERE id = p_gift;
  PERFORM 1 FROM people_address WHERE id = v_address AND person_id = v_person AND removed_at IS NULL;
  PERFORM 1 FROM shipping_rate WHERE shop_id = v_gift.shop_id;
  SELECT * INTO v_whole FROM order_order WHERE id = v_gift.order_id FOR NO KEY UPDATE;
  SELECT * INTO v_gift FROM gift_gift WHERE id = p_gift FOR NO KEY UPDATE;
  IF v_gift.state <> 10 OR v_gift.expires_at <= now() THEN RETURN 0; END IF;
  IF EXISTS (SELECT 1 FROM gift_share WHERE person_id = v_person AND gift_id = p_gift) THEN RETURN -1; END IF;
  v_n := v_gift.shares_claimed + 1;
  v_order := 4000000000000000000 + p_n;
  UPDATE gift_gift SET shares_claimed = v_n, opened_at = coalesce(opened_at, now()) WHERE id = p_gift;
  INSERT INTO gift_share VALUES (p_gift, v_n, v_person, v_order, now());
  INSERT INTO outbox_fact (id, kind, subject_id, actor_id, payload, made_at, next_at)
    VALUES (v_order, 'GiftClaimed', p_gift, 0,
            jsonb_build_object('subject_id', p_gift, 'gift_id', p_gift, 'giver_id', v_gift.giver_id,
              'claimed_by', v_person, 'shop_id', v_gift.shop_id, 'another_style', false, 'shares', v_gift.shares,
              'left', v_gift.shares - v_n), now(), now() + interval '1 year');
  INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, currency, goods_amount, freight_amount,
                           total_amount, fee_ppm, region_code, address_sealed, placed_at, pay_by, ship_from, part_of)
    VALUES (v_order, v_whole.shop_id, v_whole.payer_id, v_person, 'gift', 20, v_whole.currency,
            v_whole.goods_amount / v_gift.shares, v_whole.freight_amount / v_gift.shares,
            v_whole.goods_amount / v_gift.shares + v_whole.freight_amount / v_gift.shares, v_whole.fee_ppm,
            330106109, p_sealed, now(), v_whole.pay_by, now(), v_whole.id);
  INSERT INTO order_line (order_id, n, product_id, sku_id, title_zh, title_en, specs, picture, quantity, unit_price,
                          amount)
    SELECT v_order, 1, product_id, sku_id, title_zh, title_en, specs, picture, 1, unit_price, unit_price
      FROM order_line WHERE order_id = v_whole.id AND n = 1;
  UPDATE order_order SET divided_amount = divided_amount
    + v_whole.goods_amount / v_gift.shares + v_whole.freight_amount / v_gift.shares WHERE id = v_whole.id;
  INSERT INTO once_answer (subject_id, key, fingerprint, answer, made_at)
    VALUES (v_person, p_key, sha256(p_key::bytea), format('{"gift_id":%s,"order_id":%s}', p_gift, v_order), now());
  RETURN v_n;
END $$
"""

PGBENCH = """\\set c :c + 1
\\set i :client_id * {people} + :c
SELECT bench_claim(:i, {gift}, 'pgbench-' || :i, decode(repeat('ab', 150), 'hex'));
"""

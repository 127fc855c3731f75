"""The statements that write a large house, in their order. ``crowd.py`` fills in the numbers and runs them."""

from __future__ import annotations

MATERIAL = """
CREATE UNLOGGED TABLE bench_title AS
SELECT t.n - 1 AS n, t.zh, t.en, t.words::tsvector AS words, p.id AS product_id, p.category_id, p.brief_zh, p.brief_en,
       p.detail_zh, p.detail_en, p.unit, p.pictures, p.attributes, p.spec_names, p.price_min, p.price_max, p.currency,
       s.price, s.specs, s.picture
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS t(product_id, zh, en, words, n)
  JOIN catalog_product p ON p.id = t.product_id
  JOIN LATERAL (SELECT price, specs, picture FROM catalog_sku WHERE product_id = p.id AND on_sale
                ORDER BY place, id LIMIT 1) s ON true
"""
SHOPS = """
INSERT INTO people_shop (id, name_zh, name_en, brief_zh, opened_at)
SELECT {shops_from} + g, '第' || g || '家店', 'Shop ' || g, '什么都卖一点', {now} - interval '1 year'
  FROM generate_series(0, {shops} - 1) g
"""
RATES = """
INSERT INTO shipping_rate (shop_id, region_code, fee, free_from)
SELECT {shops_from} + g, 0, 800, 9900 FROM generate_series(0, {shops} - 1) g
"""
# The rank of product g is g * spread % count. A hundred of them share a model's code: a rare word.
PRODUCTS = """
INSERT INTO catalog_product (id, shop_id, category_id, title_zh, title_en, brief_zh, brief_en, detail_zh, detail_en,
       unit, pictures, attributes, spec_names, price_min, price_max, currency, words, popularity, made_at, changed_at)
SELECT {products_from} + g, {shops_from} + g % {shops}, t.category_id,
       t.zh || ' K' || g / 100, t.en || ' K' || g / 100, t.brief_zh, t.brief_en, t.detail_zh, t.detail_en,
       t.unit, t.pictures, t.attributes, t.spec_names, t.price_min, t.price_max, t.currency,
       t.words || format('''k%s'':12A', g / 100)::tsvector,
       (1000000 / power(1 + g * {spread} % {count}, 0.7))::bigint, {now}, {now}
  FROM generate_series(0, {count}::bigint - 1) g JOIN bench_title t ON t.n = g % {titles}
"""
STYLES = """
INSERT INTO catalog_sku (id, product_id, specs, price, original_price, picture, place)
SELECT ({products_from} + g) * {styles_max} + s.n, {products_from} + g,
       s.specs, s.price, s.original_price, s.picture, s.n
  FROM generate_series(0, {count}::bigint - 1) g JOIN bench_title t ON t.n = g % {titles}
  JOIN (SELECT *, row_number() OVER (PARTITION BY product_id ORDER BY place, id) - 1 AS n FROM catalog_sku
         WHERE on_sale AND product_id IN (SELECT product_id FROM bench_title)) s
    ON s.product_id = t.product_id AND s.n < {styles_max}
"""
ITEMS = """
INSERT INTO stock_item (sku_id, on_hand)
SELECT id, 1000 FROM catalog_sku WHERE id BETWEEN {skus_from} AND {skus_to} ORDER BY id
"""
MOVEMENTS = """
INSERT INTO stock_movement (id, sku_id, quantity, reason, cause_kind, cause_id, actor_id, made_at)
SELECT id, id, 1000, 'received', 'bench', id, 0, {now} FROM catalog_sku
 WHERE id BETWEEN {skus_from} AND {skus_to} ORDER BY id
"""
COUNTS = """
UPDATE catalog_category c SET products_on_sale = n.count
  FROM (SELECT category_id, count(*) FROM catalog_product WHERE on_sale GROUP BY category_id) n
 WHERE c.id = n.category_id
"""
PEOPLE = """
INSERT INTO people_person (id, name, language, phone_hash, joined_at)
SELECT {people_from} + g,
       substr('{surnames}', 1 + (g % 30)::int, 1) || substr('{given}', 1 + (g / 30 % 30)::int, 1)
         || substr('{given}', 1 + (g / 900 % 30)::int, 1),
       CASE WHEN g % 10 = 0 THEN 'en' ELSE 'zh' END, sha256(int8send(g)), {now} - interval '1 second' * ({count} - g)
  FROM generate_series(0, {count}::bigint - 1) g
"""
# By whom order g is, and of what, follows from two sequences that fill [0, 1) evenly, bent by a power.
CHOSEN = """
CREATE UNLOGGED TABLE bench_order AS
SELECT g, CASE g % 50 WHEN 0 THEN 250 WHEN 1 THEN 20 WHEN 2 THEN 30 ELSE 100 END AS state,
       floor({count} * power((g * 2654435761 % 4294967296) / 4294967296.0::float8, 2))::bigint * {spread} % {count}
         AS who,
       floor({count} * power((g * 2246822519 % 4294967296) / 4294967296.0::float8, 3))::bigint * {inverse} % {count}
         AS what
  FROM generate_series(0, {orders}::bigint - 1) g
"""
ORDERS = """
INSERT INTO order_order (id, shop_id, payer_id, owner_id, purpose, state, why_closed, currency, goods_amount,
       freight_amount, total_amount, fee_ppm, region_code, address_sealed, placed_at, pay_by, paid_at, ship_from,
       received_at, settled_at, closed_at)
SELECT {orders_from} + o.g, {shops_from} + o.what % {shops}, {people_from} + o.who, {people_from} + o.who, 'self',
       o.state, CASE o.state WHEN 250 THEN 'unpaid' ELSE '' END, t.currency, t.price, 0, t.price, 50000, 330106,
       decode(repeat('5a', {address_bytes}), 'hex'), at.placed, at.placed + interval '30 minutes',
       CASE WHEN o.state <> 250 THEN at.placed END, CASE WHEN o.state <> 250 THEN at.placed END,
       CASE o.state WHEN 100 THEN at.placed + interval '5 days' END,
       CASE o.state WHEN 100 THEN at.placed + interval '12 days' END,
       CASE o.state WHEN 250 THEN at.placed + interval '30 minutes' END
  FROM bench_order o JOIN bench_title t ON t.n = o.what % {titles}
 CROSS JOIN LATERAL (SELECT {now} - interval '2 seconds' * ({orders} - o.g) AS placed) at
"""
LINES = """
INSERT INTO order_line (order_id, n, product_id, sku_id, title_zh, title_en, specs, picture, quantity, unit_price,
       amount, shipped)
SELECT {orders_from} + o.g, 1, {products_from} + o.what, ({products_from} + o.what) * {styles_max}, t.zh, t.en,
       t.specs, t.picture, 1, t.price, t.price, CASE WHEN o.state IN (30, 100) THEN 1 ELSE 0 END
  FROM bench_order o JOIN bench_title t ON t.n = o.what % {titles}
"""
PARCELS = """
INSERT INTO shipping_parcel (id, order_id, shop_id, carrier, tracking_number, state, shipped_at, delivered_at)
SELECT {orders_from} + o.g, {orders_from} + o.g, {shops_from} + o.what % {shops}, 'SF', 'SF' || {orders_from} + o.g,
       CASE o.state WHEN 100 THEN 'delivered' ELSE 'shipped' END, at.shipped,
       CASE o.state WHEN 100 THEN at.shipped + interval '2 days' END
  FROM bench_order o CROSS JOIN LATERAL (SELECT {now} - interval '2 seconds' * ({orders} - o.g) AS shipped) at
 WHERE o.g % 10 = 3 AND o.state IN (30, 100)
"""
PARCEL_LINES = """
INSERT INTO shipping_parcel_line (parcel_id, line_n, quantity)
SELECT id, 1, 1 FROM shipping_parcel WHERE id BETWEEN {orders_from} AND {orders_from} + {orders}
"""
EVENTS = """
INSERT INTO shipping_event (id, parcel_id, state, place, happened_at)
SELECT id * 2 + s.n, id, s.state, '杭州', shipped_at + interval '1 day' * s.n
  FROM shipping_parcel p, (VALUES (0, 'shipped'), (1, 'delivered')) AS s(n, state)
 WHERE id BETWEEN {orders_from} AND {orders_from} + {orders} AND (s.n = 0 OR delivered_at IS NOT NULL)
"""

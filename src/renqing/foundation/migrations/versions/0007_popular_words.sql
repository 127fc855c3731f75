-- A search looks among the popular first: a word that many things have is answered by those that people want, from an
-- index of a few megabytes. The bound is POPULAR_FROM of views/market.py.
CREATE INDEX catalog_product_popular_words ON catalog_product USING gin (words) WITH (fastupdate = off)
  WHERE on_sale AND popularity >= 1000;

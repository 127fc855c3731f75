-- Between the popular and all: a word that middling many things have is answered from here. The bound is LIKED_FROM of
-- views/market.py.
CREATE INDEX catalog_product_liked_words ON catalog_product USING gin (words) WITH (fastupdate = off)
  WHERE on_sale AND popularity >= 300;

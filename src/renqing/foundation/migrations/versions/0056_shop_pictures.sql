-- Pictures that shops show their products by. Their bytes lie on the shelf, under their key.

-- trade: pictures ----------------------------------------------------------------------------------------------
CREATE TABLE picture_picture (                           -- owner: shop_id
  key        text PRIMARY KEY CHECK (key ~ '^shop/[1-9][0-9]*/[0-9a-f]{40}\.jpg$'),
  shop_id    bigint NOT NULL REFERENCES people_shop,
  bytes      int NOT NULL CHECK (bytes > 0),
  width      int NOT NULL CHECK (width > 0),
  height     int NOT NULL CHECK (height > 0),
  made_at    timestamptz NOT NULL
);
CREATE INDEX picture_picture_shop ON picture_picture (shop_id);

"""What merchants' programs call, each route below its shop: products, stock, orders, after-sales, the account.

The row says that somebody works for some shop; the journey or view behind it asks for this one, and everybody else
learns that there is no such shop.
"""

"""Trade: between buyer and shop. Orders, payments, shipping, after-sales."""

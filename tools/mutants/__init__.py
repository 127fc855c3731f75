"""Change the house by one small step at a time, and see whether the tests notice: see docs/decisions/proof.md."""

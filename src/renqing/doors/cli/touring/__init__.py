"""The stories that ``renqing tour`` plays, and the people who play them."""

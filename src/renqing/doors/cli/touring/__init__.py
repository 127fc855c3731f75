"""The tour's parts: programs that call the house, who plays, what they tell, and what is shown of it."""

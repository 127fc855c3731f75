"""Journeys: writes that join rooms, one story a file, one transaction a story.

A journey answers after its commit, repeats its first answer to a repeated key, and calls the outside world only
between transactions.
"""

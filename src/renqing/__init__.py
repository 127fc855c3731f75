"""Renqing 人情: people give each other goods, and every sale can be traced to the note, friend or gift that caused it."""

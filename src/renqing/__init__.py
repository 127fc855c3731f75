"""Renqing 人情: people give each other goods, and each sale is traced to the note, friend or gift that caused it."""

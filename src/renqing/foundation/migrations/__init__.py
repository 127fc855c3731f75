"""The schema's history: one numbered SQL file a step, run by Alembic (docs/decisions/migrations.md)."""

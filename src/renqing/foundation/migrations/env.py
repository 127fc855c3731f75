"""What Alembic runs: the steps that are missing, each in a transaction, on the connection of ``migrate``."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()

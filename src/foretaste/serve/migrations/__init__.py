"""Migrations of the server's database, up and down, for SQLite and PostgreSQL."""

"""The signed ledger on disk: `ledger` is what users see, `file` the database, `lines` the export as JSON lines."""

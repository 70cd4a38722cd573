"""Compiled: the market's part of an epoch, through the ledger's own kernel."""

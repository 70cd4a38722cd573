"""Mechanisms: double auctions, procurement, and the auditor that examines them."""

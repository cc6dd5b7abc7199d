"""Transactions: what is stored, sent and called before, inside and after a commit."""

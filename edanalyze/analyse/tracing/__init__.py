"""Tracing: the identifiers that tie a call or a message to what caused it."""

"""Binding: HTTP calls to the routes they reach, published messages to the handlers they start."""

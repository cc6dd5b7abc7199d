"""Analyses of a linked program: effects, transactions, guards, reach, correlation, binding, the system's graph."""

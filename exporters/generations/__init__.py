"""Older spellings of Keras configurations, rewritten as later ones spell the same.

Each function here takes plain data and gives plain data; nothing is looked up in a network. What an
older Keras computed otherwise keeps its old name or value, and the reader names it.
"""

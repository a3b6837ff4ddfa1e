"""Command lines over the packages: train, evaluate, summarise, convert. No Django, no server."""

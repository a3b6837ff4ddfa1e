"""One module for each format. A module dropped in here is found; a name taken twice is refused."""

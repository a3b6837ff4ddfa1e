"""The promised speeds, measured: `make bench` prints each figure beside its promise."""

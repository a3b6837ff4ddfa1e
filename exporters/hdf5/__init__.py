"""HDF5 files by strangers: walked within bounds, of which only groups, plain attributes and arrays
of numbers are ever touched.
"""

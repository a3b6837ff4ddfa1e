"""What each layer of Caffe is here, and what each of ours is there: a module for each family.

A function is in the tables of :mod:`exporters.caffe.operation` by being decorated.
"""

"""Caffe's files: their syntax, its versions, and what each of its layers is here and back."""

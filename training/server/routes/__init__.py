"""The HTTP interface of training: one module a subject, each with a `router`."""

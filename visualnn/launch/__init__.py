"""What stands behind `make run`, `make setup` and `make test`.

Everything here but `web` (which is the web server's own process) needs the standard library only,
so that any Python 3.11 can start it before anything is installed.
"""

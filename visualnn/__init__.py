"""Wiring: settings, URLs, the ASGI and Celery applications, and the launcher.

This file stays free of imports: `python -m visualnn.launch.setup` runs before anything is installed.
"""

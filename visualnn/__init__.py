"""The wiring: settings, addresses, the ASGI and Celery entry points, and the launcher.

Nothing imports it, and this file imports nothing: `visualnn.launch.setup` runs before anything is
installed.
"""

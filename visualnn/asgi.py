"""The ASGI entry point: `uvicorn visualnn.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visualnn.settings")
pages = get_asgi_application()

from designer.security import limit_body  # noqa: E402

application = limit_body(pages)

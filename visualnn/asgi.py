"""The ASGI entry point: `uvicorn visualnn.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visualnn.settings")
pages = get_asgi_application()

# Only now: what follows needs Django's apps.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from designer.security import limit_body, require_own_origin  # noqa: E402
from visualnn.urls import websocket_urlpatterns  # noqa: E402

get_resolver().check()  # imports all of the API now, not when the first request comes

application = ProtocolTypeRouter(
    {
        "http": limit_body(pages),
        "websocket": require_own_origin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)

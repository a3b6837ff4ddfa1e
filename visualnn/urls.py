"""Addresses: the API under /api, its documentation at /api/docs, the sockets, and the pages."""

from django.urls import path
from ninja import NinjaAPI

from designer import errors
from designer.live.consumers import NetworkConsumer

api = NinjaAPI(title="VisualNN", version="0.1.0")
errors.register(api)

urlpatterns = [path("api/", api.urls)]
websocket_urlpatterns = [path("ws/networks/<uuid:network>", NetworkConsumer.as_asgi())]

"""Addresses: the API under /api, its documentation at /api/docs, the sockets, and the pages."""

from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView
from ninja import NinjaAPI

from designer import access, errors, pages, routes
from designer.live.consumers import NetworkConsumer
from designer.requests import JsonParser
from training.api import router as training_router
from training.consumers import RunConsumer
from visualnn.celery import app as celery

api = NinjaAPI(
    title="VisualNN",
    version="0.1.0",
    description="Networks, the catalogue of layers, formats, data sets and training runs.",
    auth=access.require_user,
    parser=JsonParser(),
)
errors.register(api)
routes.register(api)
api.add_router("", training_router)

# Tasks that a view sends go where this application says.
celery.finalize(auto=True)

urlpatterns = [
    path("", pages.editor),
    path("networks/<uuid:network>", pages.editor),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"))),
    path("api/", api.urls),
]
websocket_urlpatterns = [
    path("ws/networks/<uuid:network>", NetworkConsumer.as_asgi()),
    path("ws/runs/<uuid:run>", RunConsumer.as_asgi()),
]

handler404 = pages.not_found
handler500 = pages.failed

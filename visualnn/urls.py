"""Addresses: the API under /api, its documentation at /api/docs, and the pages."""

from django.urls import path
from ninja import NinjaAPI

from designer import errors

api = NinjaAPI(title="VisualNN", version="0.1.0")
errors.register(api)

urlpatterns = [path("api/", api.urls)]

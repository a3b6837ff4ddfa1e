"""Figures of networks, as pages show them beside the canvas."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Router

from designer.routes.networks import open_room
from exporters.figures.diagram import diagram
from exporters.figures.drawing import Theme
from exporters.figures.svg import svg
from exporters.figures.volumes import volumes

router = Router(tags=["formats"])

STYLES = {"diagram": diagram, "volumes": volumes}


@router.get("/networks/{uuid:network}/figure")
async def read_figure(
    request: HttpRequest,
    network: UUID,
    style: Literal["diagram", "volumes"] = "diagram",
    theme: Theme = "light",
) -> HttpResponse:
    """The network as SVG; the group of a node has its id as `data-node`."""
    graph = (await open_room(request, network)).graph
    content = await sync_to_async(
        lambda: svg(STYLES[style](graph, theme)), thread_sensitive=False
    )()
    return HttpResponse(content, content_type="image/svg+xml")

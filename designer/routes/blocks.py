"""What is inside the blocks of a network, and how one is dissolved."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Router

from designer.errors import Refusal
from designer.requests import Body
from designer.routes.networks import open_room
from designer.security import BODY_LIMIT_BYTES
from layers.blocks import MAX_DEPTH
from layers.dissolving import dissolve
from layers.graph import Graph
from layers.inside import analyse_inside

router = Router(tags=["networks"])


@router.get("/networks/{uuid:network}/inside/{path}")
async def read_inside(request: HttpRequest, network: UUID, path: str) -> dict[str, Any]:
    """Shapes, costs and mistakes of the nodes inside a block, in the first copy with a mistake;
    in the first of all where none has one.

    The path names Block nodes, each inside the one before, joined by commas.
    """
    graph = (await open_room(request, network)).graph
    return await sync_to_async(_inside, thread_sensitive=False)(
        graph, path.split(",")[: MAX_DEPTH + 1]
    )


class Use(Body):
    """A node that uses a block, in a network or within another block."""

    graph: dict[str, Any]
    node: str


@router.post("/dissolve")
def dissolve_block(request: HttpRequest, use: Use) -> HttpResponse:
    """The edits that put what is in a block in the place of a node that uses it."""
    edits: list[str] = []
    left = BODY_LIMIT_BYTES
    for edit in dissolve(Graph.from_json(use.graph), use.node):
        edits.append(json.dumps(edit.to_json(), separators=(",", ":")))
        # Copies of a large node are small until they are written.
        left -= len(edits[-1])
        if left < 0:
            said = "The copies are too many for their size."
            raise Refusal(422, "block.too_long", said, "Repeat the block less often.")
    return HttpResponse(f'{{"edits":[{",".join(edits)}]}}', content_type="application/json")


def _inside(graph: Graph, path: list[str]) -> dict[str, Any]:
    inside = analyse_inside(graph, path)
    return {
        "nodes": {identity: node.to_json() for identity, node in inside.nodes.items()},
        "diagnostics": {
            identity: [item.to_json() for item in group]
            for identity, group in inside.groups.items()
        },
        "copies": inside.copies,
    }

"""Networks: list, make, read, change, copy, delete. Changes go through the live document."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema, Status
from pydantic import Field

from designer import access, networks, weights
from designer.errors import Refusal, not_found
from designer.live import news
from designer.live.rooms import Close, OpenRoom, rooms
from designer.models import Network
from designer.requests import Body
from designer.routes.zoo import find_model
from layers import edits
from layers.graph import Graph

router = Router(tags=["networks"])

MAX_EDITS = 10_000


class Summary(Schema):
    """A network as lists show it."""

    id: UUID
    name: str
    created_at: str
    updated_at: str
    layers: int
    weights: int

    @staticmethod
    def of(network: Network) -> Summary:
        return Summary(
            id=network.id,
            name=network.name,
            created_at=network.created_at.isoformat(),
            updated_at=network.updated_at.isoformat(),
            layers=network.layers,
            weights=network.weights,
        )


class NewNetwork(Body):
    """What a network is made of: a graph, a model of the zoo, or nothing; and its name."""

    name: str | None = Field(None, min_length=1, max_length=200)
    graph: dict[str, Any] | None = None
    zoo: str | None = Field(None, max_length=100)


class Replacement(Body):
    graph: dict[str, Any]


class Edits(Body):
    edits: list[dict[str, Any]] = Field(max_length=MAX_EDITS)


async def open_room(request: HttpRequest, network: UUID) -> OpenRoom:
    """The room of a network that the user may see. Raises Refusal (404)."""
    user = access.require_user(request)
    await sync_to_async(access.network_of)(user, network)
    try:
        return await rooms().open(network)
    except Network.DoesNotExist:
        raise not_found("network") from None


async def save(room: OpenRoom) -> None:
    """Save what has changed. Raises Refusal (404) where the network is being deleted."""
    try:
        await room.flush()
    except Network.DoesNotExist:
        raise not_found("network") from None


@router.get("/networks", response=list[Summary])
def list_networks(request: HttpRequest) -> list[Summary]:
    """All networks of the user, those changed last first."""
    mine = access.networks_of(access.require_user(request)).defer("state")
    return [Summary.of(network) for network in mine]


@router.post("/networks", response={201: Summary})
def create_network(request: HttpRequest, new: NewNetwork) -> Status[Summary]:
    """Make a network: empty, from a graph, or from a model of the zoo."""
    user = access.require_user(request)
    if new.graph is not None and new.zoo is not None:
        raise Refusal(422, "network.source", "Both graph and zoo are given.", "Give one of them.")
    graph = Graph()
    if new.graph is not None:
        graph = Graph.from_json(new.graph)
    elif new.zoo is not None:
        graph = networks.in_order(find_model(new.zoo).graph)
    network = networks.create(user, graph.with_name(new.name) if new.name else graph)
    return Status(201, Summary.of(network))


@router.get("/networks/{uuid:network}")
async def read_network(request: HttpRequest, network: UUID) -> JsonResponse:
    """A network with its graph and its analysis, as it is at this moment."""
    return await _whole(request, await open_room(request, network))


@router.put("/networks/{uuid:network}")
async def replace_network(
    request: HttpRequest, network: UUID, replacement: Replacement
) -> JsonResponse:
    """Make the network hold another graph. Open editors see it as an edit."""
    graph = Graph.from_json(replacement.graph)
    room = await open_room(request, network)
    room.become(graph)
    await save(room)
    return await _whole(request, room)


@router.patch("/networks/{uuid:network}")
async def edit_network(request: HttpRequest, network: UUID, changes: Edits) -> JsonResponse:
    """Apply edits, all or none. Open editors see them."""
    wanted = [edits.edit_from_json(item) for item in changes.edits]
    room = await open_room(request, network)
    room.become(edits.apply(room.graph, wanted))
    await save(room)
    return await _whole(request, room)


@router.delete("/networks/{uuid:network}", response={204: None})
async def delete_network(request: HttpRequest, network: UUID) -> Status[None]:
    """Delete a network. Open editors are told that it is gone."""
    user = access.require_user(request)
    row = await sync_to_async(access.network_of)(user, network)
    await row.adelete()
    rooms().end(network, Close.NOT_FOUND)
    await news.ring(network)
    return Status(204, None)


@router.post("/networks/{uuid:network}/duplicate", response={201: Summary})
async def duplicate_network(request: HttpRequest, network: UUID) -> Status[Summary]:
    """Make a copy of a network as it is at this moment."""
    room = await open_room(request, network)
    copy = room.graph.with_name(f"{room.graph.name[:190]} copy")
    user = access.require_user(request)

    def duplicate() -> Network:
        made = networks.create(user, copy)
        weights.copy(access.network_of(user, network), made)
        return made

    return Status(201, Summary.of(await sync_to_async(duplicate)()))


async def _whole(request: HttpRequest, room: OpenRoom) -> JsonResponse:
    user = access.require_user(request)
    row = await sync_to_async(access.network_of)(user, room.room.id)
    return JsonResponse(
        {
            "id": str(row.id),
            "name": room.graph.name,
            "created_at": row.created_at.isoformat(),
            "updated_at": row.updated_at.isoformat(),
            "graph": room.graph.to_json(),
            "analysis": room.analysis_json(),
        }
    )

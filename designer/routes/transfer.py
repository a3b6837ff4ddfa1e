"""Networks from and to files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router, Schema, Status

from designer import access, weights
from designer.downloads import file_stem
from designer.errors import Refusal
from designer.importing import import_files
from designer.incoming import files_of
from designer.routes.networks import open_room
from designer.telling import told
from exporters.format import Format, formats, writer
from exporters.isolation import attach_file
from exporters.plan import EMPTY
from layers.analysis import UNKNOWN_LAYER, analyse
from layers.diagnostics import diagnose
from layers.graph import Graph
from layers.params import UNKNOWN_FUNCTION

router = Router(tags=["formats"])

_JSON_BODY = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "url": {"type": "string"},
        "filename": {"type": "string"},
    },
}
_FILE_BODY = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
}
IMPORT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FILE_BODY},
            "application/json": {"schema": _JSON_BODY},
        },
    }
}


class Imported(Schema):
    """A network made of files; diagnostics say what could not be kept exactly."""

    id: UUID
    name: str
    format: str
    diagnostics: list[dict[str, Any]]
    weights: int


class Attached(Schema):
    """Weights that a network has got, and what did not match."""

    weights: int
    diagnostics: list[dict[str, Any]]


@router.get("/formats")
def list_formats(request: HttpRequest) -> list[dict[str, Any]]:
    """File formats, in the order of menus."""
    return [form.to_json() for form in formats().values()]


@router.get("/networks/{uuid:network}/exports")
async def list_exports(request: HttpRequest, network: UUID) -> list[dict[str, Any]]:
    """The formats that can be written, with what stands in the way of this network, and what each
    would not keep.
    """
    graph = (await open_room(request, network)).graph
    return await sync_to_async(_exports, thread_sensitive=False)(graph)


@router.get("/networks/{uuid:network}/export/{format_name}")
async def export_network(
    request: HttpRequest, network: UUID, format_name: str, weights: str = ""
) -> HttpResponse:
    """The network as a file of a format. 422 with diagnostics where it cannot be one.

    Which layers the weights leave without values, the list of weights says, and POST /exports.
    """
    form = writer(format_name)
    if form.runtime:
        raise Refusal(
            409,
            "export.worker",
            f"{form.label} is written by a worker.",
            "Ask for it with POST /exports.",
        )
    graph = (await open_room(request, network)).graph
    user = access.require_user(request)
    content = await sync_to_async(written, thread_sensitive=False)(
        user, network, form, graph, weights
    )
    response = HttpResponse(content, content_type=form.media_type)
    response["Content-Disposition"] = (
        content_disposition_header(True, export_name(graph, form)) or "attachment"
    )
    return response


@router.get("/networks/{uuid:network}/code/{format_name}")
async def read_code(request: HttpRequest, network: UUID, format_name: str) -> dict[str, Any]:
    """The network as text in a format, and the lines of each node (first and last, from 1)."""
    form = writer(format_name)
    if form.runtime or not form.is_text:
        raise Refusal(422, "code.no_text", f"{form.label} is no text.", "Choose another format.")
    graph = (await open_room(request, network)).graph
    return await sync_to_async(_code, thread_sensitive=False)(form, graph)


@router.post("/networks/import", response={201: Imported}, openapi_extra=IMPORT_BODY)
def import_network(request: HttpRequest) -> Status[Imported]:
    """Make a network of files in any format that can be read, with weights where they have some."""
    user = access.require_user(request)
    with files_of(request) as files:
        made = import_files(user, files)
    return Status(
        201,
        Imported(
            id=made.network.id,
            name=made.network.name,
            format=made.format,
            diagnostics=told(made.diagnostics),
            weights=made.weights,
        ),
    )


@router.get("/networks/{uuid:network}/weights")
async def list_weights(request: HttpRequest, network: UUID) -> list[dict[str, Any]]:
    """The weights that the network may take: imported ones, and those of runs."""
    graph = (await open_room(request, network)).graph
    user = access.require_user(request)

    def listed() -> list[dict[str, Any]]:
        row = access.network_of(user, network)
        return [source.to_json(graph) for source in weights.sources(row)]

    return await sync_to_async(listed)()


@router.post("/networks/{uuid:network}/weights", response={201: Attached})
async def attach_weights(request: HttpRequest, network: UUID) -> Status[Attached]:
    """Give the network the weights in a file: by name, then by order and shape."""
    graph = (await open_room(request, network)).graph
    user = access.require_user(request)

    def attach() -> Attached:
        row = access.network_of(user, network)
        with files_of(request) as files, weights.draft() as draft:
            fitted = attach_file(files[0].path, files[0].filename, graph, draft)
            weights.refuse_unfit(fitted, files[0].filename)
            weights.keep(row, fitted.weights, files[0].filename)
        own = weights.imported(row)
        return Attached(weights=own.count if own else 0, diagnostics=told(fitted.diagnostics))

    return Status(201, await sync_to_async(attach)())


@router.delete("/networks/{uuid:network}/weights", response={204: None})
def drop_weights(request: HttpRequest, network: UUID) -> Status[None]:
    """Forget the weights that came with the network."""
    weights.drop(access.network_of(access.require_user(request), network))
    return Status(204, None)


def written(user: User, network: UUID, form: Format, graph: Graph, identity: str) -> bytes:
    """A network as a file, with the weights that a request names. Raises GraphError, Refusal."""
    fitted = weights.chosen(access.network_of(user, network), graph, identity)
    return form.write(graph, fitted.weights if fitted else None)


def export_name(graph: Graph, form: Format) -> str:
    """What the file of an export is called."""
    return file_stem(graph.name) + form.extensions[0]


def _exports(graph: Graph) -> list[dict[str, Any]]:
    found = []
    # A layer of an unknown type is for each format to judge.
    mistakes = [item for item in analyse(graph).errors if item.code != UNKNOWN_LAYER.code]
    if not graph.nodes:
        mistakes = [diagnose(EMPTY)]
    for form in formats().values():
        if form.writes:
            kept = UNKNOWN_FUNCTION.code if form.keeps_functions else ""
            own = () if form.takes_mistakes else mistakes
            broken = tuple(item for item in own if item.code != kept)
            obstacles = broken or form.obstacles(graph)
            entry = form.to_json() | {
                "available": not obstacles,
                "obstacles": told(obstacles),
                "losses": [] if obstacles else told(form.losses(graph)),
            }
            found.append(entry)
    return found


def _code(form: Format, graph: Graph) -> dict[str, Any]:
    text = form.write(graph).decode()
    lines = {node: list(span) for node, span in form.lines(graph, text).items()}
    return {"text": text, "lines": lines, "diagnostics": told(form.losses(graph))}

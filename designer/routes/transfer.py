"""Networks from and to files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router, Schema, Status
from pydantic import Field, ValidationError

from designer import access, networks
from designer.downloads import file_stem
from designer.errors import Refusal
from designer.requests import Body, read_json
from designer.routes.networks import open_room
from exporters.format import formats, read, writer

router = Router(tags=["formats"])

_JSON_BODY = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}, "filename": {"type": "string"}},
}
_FILE_BODY = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
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


class Text(Body):
    """A file's text, where it was pasted instead of chosen."""

    text: str
    filename: str = Field("", max_length=255)


class Imported(Schema):
    """A network made of a file; diagnostics say what could not be kept exactly."""

    id: UUID
    name: str
    format: str
    diagnostics: list[dict[str, Any]]


@router.get("/formats")
def list_formats(request: HttpRequest) -> list[dict[str, Any]]:
    """File formats, in the order of menus."""
    return [form.to_json() for form in formats().values()]


@router.get("/networks/{uuid:network}/export/{format_name}")
async def export_network(request: HttpRequest, network: UUID, format_name: str) -> HttpResponse:
    """The network as a file of a format. 422 with diagnostics where it cannot be one."""
    form = writer(format_name)
    room = await open_room(request, network)
    graph = room.graph
    content = await sync_to_async(form.write, thread_sensitive=False)(graph)
    response = HttpResponse(content, content_type=form.media_type)
    filename = file_stem(graph.name) + form.extensions[0]
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return response


@router.post("/networks/import", response={201: Imported}, openapi_extra=IMPORT_BODY)
def import_network(request: HttpRequest) -> Status[Imported]:
    """Make a network of a file in any format that can be read."""
    user = access.require_user(request)
    data, filename = _file(request)
    reading = read(data, filename)
    network = networks.create(user, networks.in_order(reading.graph))
    found = [diagnostic.to_json() for diagnostic in reading.diagnostics]
    return Status(
        201,
        Imported(id=network.id, name=network.name, format=reading.format, diagnostics=found),
    )


def _file(request: HttpRequest) -> tuple[bytes, str]:
    """Content and name of the file that a request brings. Raises Refusal."""
    if request.content_type == "multipart/form-data":
        file = request.FILES.get("file")
        if file is None:
            raise Refusal(
                422, "import.no_file", "The request brings no file.", "Send it as the field file."
            )
        return file.read(), file.name or ""
    try:
        given = Text.model_validate(read_json(request))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refusal(
            422, "http.validation", f"{place}: {first['msg']}.", "Send text, or a file."
        ) from None
    return given.text.encode(errors="replace"), given.filename

"""Who is asking, and what is theirs: the one place that decides it.

In single-user mode (settings.SINGLE_USER) everybody who reaches the server is the user "local", a
row like any other; otherwise Django's session says who it is. Every route and socket takes its
networks from `networks_of` or `network_of`, so nobody meets what belongs to another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from designer.errors import Refusal, not_found
from designer.models import Network

LOCAL_USER = "local"

LOGIN_NEEDED = Refusal(401, "access.login", "You are not logged in.", "Log in and try again.")


def local_user() -> User:
    """The user of single-user mode, made on first sight."""
    user, _ = User.objects.get_or_create(username=LOCAL_USER)
    return user


def identify(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware: settle `request.user` of API calls here, where the database may be asked.

    (A lazy user would be looked up inside an async view, where Django forbids it.)
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            request.user = local_user() if settings.SINGLE_USER else _awake(request.user)
        return get_response(request)

    return middleware


def require_user(request: HttpRequest) -> User:
    """The user of an API call. Raises Refusal (401) where there is none."""
    return _known(request.user)


def user_of_scope(scope: dict[str, Any]) -> User:
    """The user of a websocket. Raises Refusal (401) where there is none."""
    return local_user() if settings.SINGLE_USER else _known(_awake(scope["user"]))


def networks_of(user: User) -> QuerySet[Network]:
    return Network.objects.filter(owner=user)


def network_of(user: User, identity: UUID) -> Network:
    """A network of this user, without its document. Raises Refusal (404)."""
    found = networks_of(user).defer("state").filter(pk=identity).first()
    if found is None:
        raise not_found("network")
    return found


def _awake(user: User | AnonymousUser) -> User | AnonymousUser:
    """The user behind Django's lazy object, fetched now."""
    user.is_authenticated  # noqa: B018
    return user


def _known(user: AbstractBaseUser | AnonymousUser) -> User:
    if not isinstance(user, User):
        raise LOGIN_NEEDED
    return user

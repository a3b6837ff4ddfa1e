"""Whether the server can do its work."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from ninja import Router, Schema, Status

router = Router(tags=["server"])


class Health(Schema):
    """`redis` false: edits are saved, but training and other processes cannot be reached."""

    status: str
    database: bool
    redis: bool


@router.get("/health", response={200: Health, 503: Health}, auth=None)
def read_health(request: HttpRequest) -> Status[Health]:
    """200 where the database and Redis answer, else 503."""
    database, queue = _database_answers(), _redis_answers()
    is_well = database and queue
    health = Health(status="ok" if is_well else "failing", database=database, redis=queue)
    return Status(200 if is_well else 503, health)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM designer_network LIMIT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    timeouts = {"socket_timeout": 1, "socket_connect_timeout": 1}
    client = redis.Redis.from_url(settings.REDIS_URL, **timeouts)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()

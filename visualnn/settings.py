"""Django's settings: safe defaults for one person on one machine, the rest by environment.

VISUALNN_DATA   folder of everything the server keeps (default: var/ beside manage.py)
DATABASE_URL    sqlite:////path or postgresql://user:password@host/name
REDIS_URL       unix:///path, redis:// or rediss://
STORAGE_URL     where exports go: any URL of fsspec (file:///path, s3://bucket/path, hdfs://…); runs
                keep their files in a folder there, or in the data folder where it is none
IMPORT_HOSTS    hosts from which networks may be fetched (https), or origins (http://host:port)
TRAINING_SLOTS  how many runs a worker trains at a time
WARM_SPARE      false: no process is kept ready for the next training (half a GB less memory)
RUN_SILENCE_S   seconds after which the runs of a silent worker count as lost
SECRET_KEY      made once and kept in the data folder where it is not given
ALLOWED_HOSTS   names this server answers to, separated by commas
TRUSTED_ORIGINS other origins that may send changes, such as https://proxy.example
SINGLE_USER     true: everybody who reaches the server is its one local user
DEBUG           true: Django's error pages, static files read afresh on each request
LOG_LEVEL       DEBUG, INFO, WARNING, ERROR
"""

from pathlib import Path
from urllib.parse import quote

from visualnn import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.directory("VISUALNN_DATA", BASE_DIR / "var")

DEBUG = env.boolean("DEBUG", False)
SINGLE_USER = env.boolean("SINGLE_USER", True)
SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
TRUSTED_ORIGINS = env.names("TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "ninja",  # with it /api/docs takes its scripts from here, and works offline
    "designer",
    "training",
]
MIDDLEWARE = [
    "designer.security.security_headers",
    "designer.security.StaticFiles",
    "designer.security.stream_files",
    "designer.errors.one_shape",
    "designer.security.require_same_origin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "designer.access.identify",
]
ROOT_URLCONF = "visualnn.urls"
ASGI_APPLICATION = "visualnn.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
    }
]

DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR / 'db.sqlite3'))}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL", f"unix://{quote(str(DATA_DIR / 'redis.sock'))}")
CHANNEL_LAYERS = {
    "default": {
        # Every message is a doorbell that may get lost (the database has the letter), so the
        # plain publish/subscribe layer does: no queue to overflow, one round trip less.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
CELERY_BROKER_URL = env.celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# How many runs a worker trains at a time, whether it keeps a process warm for the next one, and how
# long it may be silent before its runs count as lost.
TRAINING_SLOTS = int(env.number("TRAINING_SLOTS", 1, minimum=1))
WARM_SPARE = env.boolean("WARM_SPARE", True)
RUN_SILENCE_S = env.number("RUN_SILENCE_S", 60, minimum=1)
STORAGE_URL = env.text("STORAGE_URL", (DATA_DIR / "storage").as_uri())
IMPORT_HOSTS = env.names(
    "IMPORT_HOSTS", ["raw.githubusercontent.com", "gist.githubusercontent.com", "zenodo.org"]
)

# Vite builds the editor into static/dist; the other folders of static/ are ours as they are.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
FRONTEND_MANIFEST = BASE_DIR / "static" / "dist" / ".vite" / "manifest.json"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False
# What Vite writes into assets/ carries a hash of its content in its name.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/dist/assets/.+-[\w-]{8}\.\w+$"

# Bodies are bounded here and, by Content-Length, in designer.security before anything is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False  # the page translates; the server speaks English templates

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.log_level("LOG_LEVEL", "INFO")},
    # A 404 is no event of ours, and every refusal answers with its reason.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django": {"handlers": [], "propagate": True},
    },
}

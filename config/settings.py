"""Django's settings. What may differ between installations comes from config/environment.py."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from config import environment, keys, production
from config.embedded.backend.base import embedded_database

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# The settings of docs/configuration.md
_given = environment.read(os.environ)
TIEOUT_MODE: str = _given["TIEOUT_MODE"]
PRODUCTION = TIEOUT_MODE == "production"
TIEOUT_HOME: Path = _given["TIEOUT_HOME"]
TIEOUT_DATABASE_NAME: str = _given["TIEOUT_DATABASE_NAME"]
TIEOUT_CLOCK_FILE: Path | None = _given["TIEOUT_CLOCK_FILE"]
TIEOUT_ALLOW_SANDBOX: bool = environment.unless_given(
    _given["TIEOUT_ALLOW_SANDBOX"], not PRODUCTION
)
TIEOUT_SANDBOX_TWO_PERSONS: bool = _given["TIEOUT_SANDBOX_TWO_PERSONS"]
TIEOUT_HTTPS: bool = environment.unless_given(_given["TIEOUT_HTTPS"], PRODUCTION)
TIEOUT_TOTP_REQUIRED: bool = environment.unless_given(_given["TIEOUT_TOTP_REQUIRED"], PRODUCTION)
TIEOUT_IDLE_MINUTES: int = _given["TIEOUT_IDLE_MINUTES"]
TIEOUT_WEBHOOK_TOLERANCE_SECONDS: int = _given["TIEOUT_WEBHOOK_TOLERANCE_SECONDS"]
TIEOUT_MAX_WEBHOOK_BYTES: int = _given["TIEOUT_MAX_WEBHOOK_BYTES"]
TIEOUT_WEBHOOKS_PER_SECOND: int = _given["TIEOUT_WEBHOOKS_PER_SECOND"]
TIEOUT_API_CALLS_PER_MINUTE: int = _given["TIEOUT_API_CALLS_PER_MINUTE"]
TIEOUT_WORKERS: int = _given["TIEOUT_WORKERS"]
TIEOUT_CENSUS_HOUR: int = _given["TIEOUT_CENSUS_HOUR"]

DEBUG = TIEOUT_MODE == "development"
ALLOWED_HOSTS: list[str] = list(
    _given["TIEOUT_ALLOWED_HOSTS"] or ([] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
)

if PRODUCTION:
    if _reasons := production.refusals(
        secret_key=_given["TIEOUT_SECRET_KEY"],
        vault_key_ids=_given["TIEOUT_VAULT_KEYS"] or (),
        allowed_hosts=ALLOWED_HOSTS,
        clock_file=TIEOUT_CLOCK_FILE,
        allow_sandbox=TIEOUT_ALLOW_SANDBOX,
        debug=DEBUG,
    ):
        raise environment.SettingsError(" ".join(_reasons))
    SECRET_KEY: str = _given["TIEOUT_SECRET_KEY"]
    TIEOUT_VAULT_KEYS: dict[str, bytes] = _given["TIEOUT_VAULT_KEYS"]
else:
    SECRET_KEY, TIEOUT_VAULT_KEYS = keys.given_or_generated(
        _given["TIEOUT_SECRET_KEY"], _given["TIEOUT_VAULT_KEYS"], TIEOUT_HOME, TIEOUT_MODE
    )

# Applications: ours stand before django.forms, so that our one field template wins.
INSTALLED_APPS = [
    "config",
    "reconciliation",
    "mapping",
    "integrations",
    "audit",
    "console",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_q",
    "drf_spectacular",
    "heroicons",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.KeptNowhere",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.SecondFactorFirst",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORM_RENDERER = "console.form_renderer.FormRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
        },
    },
]

# Connections are kept and checked before use: the server may have been restarted meanwhile.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **(_given["DATABASE_URL"] or embedded_database(TIEOUT_HOME, TIEOUT_DATABASE_NAME)),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}

# The workers. A task is a wake-up and nothing else: it is never repeated by the queue, because the
# periodic drains find the same rows. config/checks.py refuses values that break this.
Q_CLUSTER: dict[str, Any] = {
    "name": "tieout",
    "orm": "default",
    "workers": TIEOUT_WORKERS,
    "timeout": 90,
    "retry": 150,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "poll": 0.2,
    "bulk": 10,
    "catch_up": False,
    "log_level": "WARNING",
    "label": "Workers",
}

# What each lane of a worker runs, in order; every drain does one bounded portion at a time.
TIEOUT_LANES: dict[str, list[str]] = {
    "receive": [
        "integrations.services.pull.drain",
        "integrations.services.hints.drain",
        "reconciliation.services.book.drain",
        "reconciliation.services.gaps.drain",
    ],
    "deliver": [
        "reconciliation.services.checked_again.drain",
        "reconciliation.services.invoicing.drain",
        "reconciliation.services.decide.drain",
        "reconciliation.services.day_batches.drain",
        "reconciliation.services.freed_money.drain",
        "reconciliation.services.order_payments.drain",
        "integrations.services.posting.drain",
        "reconciliation.services.adding_up.drain",
        "reconciliation.services.empty_batches.drain",
        "reconciliation.services.match.drain",
        "reconciliation.services.certify.drain",
        "reconciliation.services.overdue.drain",
        "reconciliation.services.held.drain",
        "reconciliation.services.after_restore.drain",
        "audit.services.drain",
    ],
    # What people asked for all at once; the rest of the work goes on beside it.
    "desk": [
        "reconciliation.services.bulk.drain.drain",
        "reconciliation.services.customers.reading.drain",
        "reconciliation.services.customers.settling.drain",
    ],
    # A mail server that does not answer holds up nothing else.
    "notify": [
        "integrations.services.alert_watch.drain",
        "reconciliation.services.desk_alerts.drain",
        "reconciliation.services.digest.drain",
        "reconciliation.services.impact.drain",
        "integrations.services.alert_routing.drain",
        "integrations.services.alert_delivery.drain",
    ],
}
# Lanes that give their worker back as soon as they are idle: nobody waits for their next row.
TIEOUT_BRIEF_LANES = frozenset({"desk", "notify"})
# Which vendor ids the books still wait for: the edge asks by name, since imports go down only.
TIEOUT_WATCH_LIST = "reconciliation.services.book_transactions.watch_list"

# Log-in
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validation = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": _validation + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _validation + "UserAttributeSimilarityValidator"},
    {"NAME": _validation + "CommonPasswordValidator"},
    {"NAME": _validation + "NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# As the list of sessions has it: a proxy's own address would be everybody's.
AXES_CLIENT_IP_CALLABLE = "audit.sessions.address_of"
AXES_LOCKOUT_CALLABLE = "config.views.locked_out"
OTP_TOTP_ISSUER = "Tieout"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"

# Sessions end when nobody has asked for anything for so long.
SESSION_COOKIE_AGE = TIEOUT_IDLE_MINUTES * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = TIEOUT_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = TIEOUT_HTTPS

SECURE_SSL_REDIRECT = TIEOUT_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if TIEOUT_HTTPS else 0
SECURE_PROXY_SSL_HEADER: tuple[str, str] | None = (
    ("HTTP_X_FORWARDED_PROTO", "https") if _given["TIEOUT_BEHIND_PROXY"] else None
)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    },
}

# Static files: production collects them under hashed names, elsewhere they are served as they lie.
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static",) if folder.is_dir()]
WHITENOISE_USE_FINDERS = not PRODUCTION
_storage = "django.core.files.storage.FileSystemStorage"
_static = "django.contrib.staticfiles.storage.StaticFilesStorage"
_hashed = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": _storage},
    "staticfiles": {"BACKEND": _hashed if PRODUCTION else _static},
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# The interface for other software. No browsable pages: they need inline scripts.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Tieout",
    "DESCRIPTION": "Payments from gateway to ledger, each posted once and tied out to the cent.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": True,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["audit.api.schema.only_the_api"],
    "POSTPROCESSING_HOOKS": ["audit.api.schema.finish"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

globals().update(_given["TIEOUT_EMAIL_URL"])  # EMAIL_BACKEND, EMAIL_HOST and their like
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = _given["TIEOUT_ALERT_FROM"]
TIEOUT_ALERT_EMAILS: tuple[str, ...] = _given["TIEOUT_ALERT_EMAILS"]
TIEOUT_FINANCE_EMAILS: tuple[str, ...] = _given["TIEOUT_FINANCE_EMAILS"]
TIEOUT_DISK_FREE_PERCENT: int = _given["TIEOUT_DISK_FREE_PERCENT"]
TIEOUT_PUBLIC_URL: str = _given["TIEOUT_PUBLIC_URL"]

# Everything goes to standard error through one handler, which redacts.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "audit.redaction.RedactionFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["redact"],
            "formatter": "line",
        },
    },
    "root": {"handlers": ["stderr"], "level": _given["TIEOUT_LOG_LEVEL"]},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "django-q": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}

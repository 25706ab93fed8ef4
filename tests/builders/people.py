"""People, their API keys, and what all builders share: the business day, digests."""

import hashlib
from datetime import UTC, date, datetime, timedelta

import factory
from django.contrib.auth import get_user_model
from django.utils import timezone
from factory.django import DjangoModelFactory

from audit.keys import secret_hash
from audit.models import ApiKey
from console.models import Preference

NOW = datetime(2011, 2, 14, 18, 30, tzinfo=UTC)
"""The business time at which tests play unless they say otherwise: a Monday."""
TODAY = date(2011, 2, 14)
PASSWORD = "correct-horse-battery"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")

    @factory.post_generation
    def password(self, create, given, **kwargs):
        self.set_password(given or PASSWORD)
        if create:
            self.save()


class ApiKeyFactory(DjangoModelFactory):
    """A live key; its text is `text_of(key)`."""

    class Meta:
        model = ApiKey

    name = factory.Sequence(lambda n: f"software-{n}")
    prefix = factory.Sequence(lambda n: f"{n:010d}")
    secret_hash = factory.LazyFunction(lambda: secret_hash("s" * 43))
    scopes = ["read"]
    owner = factory.SubFactory(UserFactory)
    created_by = "user:admin"
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda key: key.created_at + timedelta(days=30))


def text_of(key):
    return f"tk_{key.prefix}_{'s' * 43}"


class PreferenceFactory(DjangoModelFactory):
    class Meta:
        model = Preference

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"choice {n}")
    value = "yes"

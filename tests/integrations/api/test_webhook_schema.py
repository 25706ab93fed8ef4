import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def operation(schema):
    return schema["paths"]["/hooks/{slug}/"]["post"]


def test_the_schema_is_valid(schema):
    validate_schema(schema)


def test_the_signature_is_a_security_scheme(schema, operation):
    scheme = schema["components"]["securitySchemes"]["webhookSignature"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == (
        "apiKey",
        "header",
        "webhook-signature",
    )
    assert operation["security"] == [{"webhookSignature": []}]


def test_every_answer_is_described(operation):
    assert set(operation["responses"]) == {
        *("202", "400", "401", "403", "404", "411", "413", "429", "503")
    }
    for code in ("429", "503"):
        assert "Retry-After" in operation["responses"][code]["headers"]


def test_the_headers_and_the_body_are_described(operation):
    headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    assert headers == {"webhook-id", "webhook-timestamp"}
    assert "application/json" in operation["requestBody"]["content"]

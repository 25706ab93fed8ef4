"""Call a WSGI application as a server does, and see how much of the body it reads."""

import io
from typing import Any


class Watched(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        self.taken += len(part)
        return part


def call(
    application: Any, headers: dict[str, str], body: bytes, path: str = "/hooks/shop/", **more: Any
) -> tuple[int, bytes, int]:
    """Status, content, and how many bytes of the body were read. `more` goes into the environ."""
    stream = Watched(body)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": stream,
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()},
        **more,
    }
    answered: list[str] = []
    content = b"".join(application(environ, lambda status, _: answered.append(status)))
    return int(answered[0].split(" ")[0]), content, stream.taken

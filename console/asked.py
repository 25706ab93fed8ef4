"""What an address asks for, as text that a database can be asked with."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest

#: So many characters a person types into a field of a filter, and other software sends.
LONGEST: Final = 60


def asked(request: HttpRequest, name: str, longest: int = LONGEST) -> str:
    """The parameter's text, without blanks around it and without a NUL; empty when not given."""
    return plain(request.GET.get(name, ""), longest)


def all_asked(request: HttpRequest, name: str, longest: int = LONGEST) -> list[str]:
    """Each text that the parameter has, once, in order."""
    return list(dict.fromkeys(plain(text, longest) for text in request.GET.getlist(name)))


def plain(text: str, longest: int = LONGEST) -> str:
    return text.replace("\0", "").strip()[:longest]


def require_number(number: str, longest: int) -> None:
    """A number in a path that no row can have is not found. Raises Http404."""
    if len(number) > longest or "\0" in number:
        raise Http404(f"A number has at most {longest} characters, all of which text can hold.")

"""Short forms of first names that people sign with. Pure."""

from __future__ import annotations

from typing import Final

_GROUPS: Final = (
    "alexander alex alec sandy sasha", "andrew andy drew", "anthony tony", "barbara barb babs",
    "benjamin ben benny", "charles charlie chuck", "christopher chris kit", "daniel dan danny",
    "catherine katherine kathryn kate kathy cathy katie", "david dave davey",
    "deborah deb debbie", "donald don donnie", "dorothy dot dottie", "edward ed eddie ted",
    "elizabeth liz beth betty lisa", "francis frank", "frederick fred freddie",
    "gerald gerry jerry", "gregory greg",
    "henry harry hank", "jacob jake", "james jim jimmy jamie", "jennifer jen jenny",
    "jessica jess jessie", "john jack johnny", "jonathan jon", "joseph joe joey", "joshua josh",
    "judith judy", "kenneth ken kenny", "lawrence laurence larry", "leonard len lenny",
    "margaret maggie meg peggy", "matthew matt", "michael mike mick mickey", "nicholas nick nicky",
    "pamela pam", "patricia pat patty trish", "patrick paddy", "peter pete", "philip phil",
    "rebecca becky becca", "richard rick rich dick", "robert rob bob bobby", "ronald ron ronnie",
    "samuel sam sammy", "samantha sam", "stephen steven steve", "susan sue susie",
    "theodore theo ted", "thomas tom tommy", "timothy tim", "victoria vicky", "vincent vince",
    "walter walt", "william will bill billy liam", "zachary zach",
)  # fmt: skip


def _by_name() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(_GROUPS):
        for name in group.split():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(groups) for name, groups in found.items()}


_NAMES: Final = _by_name()


def same_person_name(one: str, other: str) -> bool:
    """Whether two folded first names are forms of one: bob, robert."""
    return bool(_NAMES.get(one, frozenset()) & _NAMES.get(other, frozenset()))


def full_forms(name: str) -> list[str]:
    """The full names that a first name may stand for; itself where none is known."""
    return [_GROUPS[number].split()[0] for number in sorted(_NAMES.get(name, ()))] or [name]

"""Salesforce's keys: ids of 15 and 18 characters, and what a group value lacks that is nearly one. Pure.

An id has 15 characters, and their case counts; the form of 18 has three more, which say the case of the others, so
that it holds where case is lost (Salesforce's help, "ID Field Type"). REST says 18 characters, reports and their
exports 15.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from translator.settings.values import KeyForm

ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-5]{3})?")
SHORT, LONG = 15, 18
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

BLANKS = "blanks"
CASE = "case"
SHORTER = "15 characters"
LONGER = "18 characters"
WORDS = {
    BLANKS: "has blanks that the key has not, or not the key's",
    CASE: "differs in case, which counts at Amplitude",
    SHORTER: "is the form of 15 characters, the key is the one of 18",
    LONGER: "is the form of 18 characters, the key is the one of 15",
}
"""What a group value has otherwise than the key, in words."""


def checksum(short: str) -> str:
    """The three characters that make 18 of 15."""
    bits = (sum(one.isupper() << place for place, one in enumerate(short[start : start + 5])) for start in (0, 5, 10))
    return "".join(SIGNS[number] for number in bits)


def is_id(text: str) -> bool:
    """Whether a text is an id: of 18 characters also by its checksum."""
    return ID.fullmatch(text) is not None and (len(text) == SHORT or checksum(text[:SHORT]) == text[SHORT:].upper())


def as_form(key: str, form: KeyForm) -> str:
    """A key in a form; what is no id stays as it is."""
    if form == "as-is" or not is_id(key):
        return key
    return key[:SHORT] if form == "15" else key[:SHORT] + checksum(key[:SHORT])


def folded(text: str) -> str:
    """What is the same for a key and for all that is nearly it; some others may have the same."""
    plain = _plain(text)
    return plain[:SHORT].lower() if ID.fullmatch(plain) and _may_be_id(plain) else plain.casefold()


def difference(value: str, key: str) -> frozenset[str] | None:
    """What a group value has otherwise than a key (words of WORDS), none where they are the same; None where they have
    nothing in common."""
    if value == key:
        return frozenset()
    found = set()
    one, other = _plain(value), _plain(key)
    if (one, other) != (value, key):
        found.add(BLANKS)
    if one == other:
        return frozenset(found)
    if {len(one), len(other)} == {SHORT, LONG} and ID.fullmatch(one) and ID.fullmatch(other):
        found.add(SHORTER if len(one) == SHORT else LONGER)
        return _of_ids(one, other, found)
    if one.casefold() != other.casefold() or (len(one) == SHORT and is_id(one) and _has_its_case(one)):
        return None
    return frozenset({*found, CASE})


def nearest(value: str, keys: Collection[str]) -> tuple[str, frozenset[str]] | None:
    """That of some keys from which a group value differs least, and how; None where it is near none."""
    near = [(len(how), CASE in how, key, how) for key in keys if (how := difference(value, key)) is not None]
    return min((one[:3], (one[2], one[3])) for one in near)[1] if near else None


def _of_ids(one: str, other: str, found: set[str]) -> frozenset[str] | None:
    short, long = sorted((one, other), key=len)
    if not is_id(long) and checksum(short) != long[SHORT:].upper():
        return None
    if long[:SHORT] == short:
        return frozenset(found)
    if is_id(one) and _has_its_case(one):
        return None
    return frozenset({*found, CASE}) if long[:SHORT].lower() == short.lower() else None


def _has_its_case(text: str) -> bool:
    """Whether an id's case cannot have been lost: what differs from it in case is another record's, and there are many
    such, since ids are counted up through both cases."""
    return len(text) == LONG or not (text.islower() or text.isupper())


def _may_be_id(text: str) -> bool:
    """Whether a text of an id's form is one, if the case of its letters is another: upper are only letters."""
    numbers = [SIGNS.index(sign) for sign in text[SHORT:].upper()]
    bits = [number >> place & 1 for number in numbers for place in range(5)]
    return all(one.isalpha() or not bit for one, bit in zip(text, bits, strict=False))


def _plain(text: str) -> str:
    """Without blanks around, and one blank for several within."""
    return " ".join(text.split())

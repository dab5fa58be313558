"""Fields in braces in what organisers write: put in by exact match, once (reliability.md rule 13).

Fields come from a fixed table of names: never a template, and what is put in is not looked at again.
"""

import re
from collections.abc import Collection, Mapping

from gatherings.core.errors import Problem
from gatherings.core.words import Sentence, say

_BRACED = re.compile(r"\{([^{}\n]{0,60})\}")
_TAG_OR_FIELD = re.compile(r"<[^>]*>|\{([^{}\n<>]{0,60})\}")
_LINK_TO_FIELD = re.compile(r"\]\([^)\n]*\{[^{}\n]*\}|^ {0,3}\[[^\]\n]+\]:[^\n]*\{[^{}\n]*\}", re.MULTILINE)


def problems_of(subject: str, body: str, known: Collection[str]) -> list[Problem]:
    """List what is wrong with the fields in a letter's words; `known`: the names that can stand in braces."""
    problems = []
    for field, text in (("subject", subject), ("body", body)):
        unknown = [name for name in _BRACED.findall(text) if name not in known]
        if unknown:
            problems.append(Problem(field, _unknown(unknown[0], known)))
    if any(name.endswith("_link") for name in _BRACED.findall(subject)):
        problems.append(
            Problem("subject", say("A link cannot stand in a subject. Please put it into the letter itself."))
        )
    if _LINK_TO_FIELD.search(body):
        problems.append(
            Problem(
                "body",
                say(
                    "A field cannot stand inside the address of a link. Please write it alone, such as "
                    "{event_link}: it becomes a link with its own words."
                ),
            )
        )
    return problems


def _unknown(name: str, known: Collection[str]) -> Sentence:
    return say(
        "There is no field {%(name)s}. What can stand in braces: %(known)s.",
        name=name,
        known=", ".join(f"{{{one}}}" for one in known),
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in for the fields of a plain text, each as it is."""
    return _BRACED.sub(lambda found: values.get(found[1], found[0]), text)


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """Put values, which are HTML already, in for the fields that stand in the text of a piece of HTML, not in tags."""
    return _TAG_OR_FIELD.sub(lambda found: values.get(found[1] or "", found[0]), html)

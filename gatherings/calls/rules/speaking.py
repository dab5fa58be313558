"""How long a text takes to speak, from its words, in any script.

A word is what stands between spaces; what is not spoken (stage directions in brackets, links but their name) does not
count. Scripts that write no spaces are counted by their characters. How many of those a word has is known from texts
of the same content read aloud in 17 languages (IReST: Trauzettel-Klosinski and Dietz, 2012, doi 10.1167/iovs.11-8284):
Chinese 255 characters or 158 words a minute, Japanese 357 or 193, all together 863 or 184.
130 words a minute is a calm pace for listeners from everywhere; reading aloud at home is at 180.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

PACE: Final = 130  # words a minute
PACES: Final = (60, 220)
LENGTHS: Final = (10, 7200)  # seconds of a slot that can be asked about
_CHINESE, _JAPANESE, _OTHERS = 255 / 158, 357 / 193, 863 / 184  # characters a word
_OPENED, _CLOSED = "[［【", "]］】"
_LINK = re.compile(r"(?:https?://|www\.)([^\s/?#<>\"”»)]+)[^\s<>\"”»)]*", re.IGNORECASE)
_HAN = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
# Thai, Lao, Burmese, Khmer.
_UNSPACED = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3\uaa60-\uaa7f]")
_WORD = re.compile(r"[^\W_]+(?:['’ʼ‐‑-][^\W_]+)*")
_DIGITS = re.compile(r"\d+")
_SIGNS = re.compile("[%&€$£¥+=°§]")  # said as a word of their own
_CLOSE = 0.05  # of a slot: less is no more than another breath
_NOTES = 1 / 3  # of a slot: a text shorter than this may be notes
_ROUGH = 20  # words; more of them are told in fives


@dataclass(frozen=True)
class Speaking:
    """How long a text takes at a pace, beside the slot it is for; lengths in seconds.

    `words` counts a script without spaces in the words that its characters stand for; `characters` is set where the
    text is mostly of such a script: people count those. `over` is what is too long, in seconds and (`cut`) in words
    or characters, roughly.
    """

    words: int
    characters: int | None
    seconds: int
    slot: int
    pace: int
    cut: int

    @property
    def over(self) -> int:
        """Give the seconds beyond the slot, 0 where it fits."""
        return max(0, self.seconds - self.slot)

    @property
    def left(self) -> int:
        """Give the seconds of the slot that the text leaves."""
        return max(0, self.slot - self.seconds)

    @property
    def tone(self) -> str:
        """Give "empty", "notes" (very short), "fits", "close" (a breath too long) or "over"."""
        if not self.words:
            return "empty"
        if self.over:
            return "close" if self.over <= self.slot * _CLOSE else "over"
        return "notes" if self.seconds < self.slot * _NOTES else "fits"


def speaking_time(text: str, slot: int, pace: int = PACE) -> Speaking:
    """Tell how long a text takes to speak, beside a slot of `slot` seconds; pace and slot are brought into bounds."""
    pace, slot = _within(pace, PACES), _within(slot, LENGTHS)
    spaced, characters, per_word = _count(text)
    weight = spaced + characters / per_word
    seconds = round(60 * weight / pace)
    by_characters = characters / per_word > spaced
    cut = max(0.0, weight - slot * pace / 60) * (per_word if by_characters else 1)
    return Speaking(
        words=round(weight) if weight >= 1 else int(weight > 0),
        characters=characters if by_characters else None,
        seconds=max(seconds, int(weight > 0)),
        slot=slot,
        pace=pace,
        cut=_roughly(cut),
    )


def spoken_part(text: str) -> str:
    """Give a text without its stage directions: what stands in square brackets, in pairs, over lines too."""
    opened: list[int] = []
    silent: list[tuple[int, int]] = []
    for place, char in enumerate(text):
        if char in _OPENED:
            opened.append(place)
        elif char in _CLOSED and opened:
            start = opened.pop()
            while silent and silent[-1][0] > start:
                silent.pop()
            silent.append((start, place + 1))
    kept, at = [], 0
    for start, end in silent:
        kept += [text[at:start], " "]
        at = end
    return "".join([*kept, text[at:]])


def _count(text: str) -> tuple[int, int, float]:
    """Give the words between spaces, the characters of scripts without them, and how many of those make a word."""
    text = unicodedata.normalize("NFC", spoken_part(text))
    words = 0

    def said(link: re.Match[str]) -> str:
        nonlocal words
        words += _name_words(link[1].removeprefix("www."))
        return " "

    text = _LINK.sub(said, text)
    text = " ".join(part if "@" not in part else part.replace("@", " + ") for part in text.split())
    han, kana, others = (len(script.findall(text)) for script in (_HAN, _KANA, _UNSPACED))
    for script in (_HAN, _KANA, _UNSPACED):
        text = script.sub(" ", text)
    # Accents and vowel signs belong to their letters; joiners and soft hyphens to nobody.
    text = "".join(char for char in text if char.isascii() or unicodedata.category(char) not in _INSIDE)
    words += sum(_word_words(found) for found in _WORD.findall(text)) + len(_SIGNS.findall(text))
    characters = han + kana + others
    if not characters:
        return words, 0, 1.0
    first = _JAPANESE if kana else _CHINESE
    return words, characters, characters / ((han + kana) / first + others / _OTHERS)


_INSIDE = frozenset({"Mn", "Mc", "Me", "Cf"})


def _word_words(word: str) -> int:
    """Give how many words one is: a number takes one for every two of its digits ("2026" is "twenty twenty-six")."""
    numbers = _DIGITS.findall(word)
    letters = _DIGITS.sub("", word).strip("'’ʼ‐‑-")
    return sum(-(-len(digits) // 2) for digits in numbers) + bool(letters)


def _name_words(host: str) -> int:
    """Give how many words the name of a site takes: "example dot org" is three."""
    return max(1, 2 * len([label for label in host.split(".") if label]) - 1)


def _roughly(count: float) -> int:
    return round(count) if count < _ROUGH else 5 * round(count / 5)


def _within(value: int, bounds: tuple[int, int]) -> int:
    return min(max(value, bounds[0]), bounds[1])

"""Words as one searches for them: without accents, capitals and signs; and what a mistyped one was meant to be."""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Letters that Unicode does not take apart, as people type them who do not have them on their keyboard.
_LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŧ": "t", "ŋ": "ng",
        "ı": "i", "ƒ": "f", "ɨ": "i", "ə": "e", "ɛ": "e", "ɔ": "o", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ĸ": "k",
        "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ـ": "",
        # Between letters these are no end of a word: "o'brien", "whakawhanaungatanga ʻohana".
        "'": "", "’": "", "‘": "", "ʻ": "", "ʼ": "", "ʹ": "", "`": "", "´": "", "·": "",
    }
)  # fmt: skip
LONGEST_WORD = 32  # what is longer is found as it stands, and never mended
SHORTEST_MENDED = 4


def fold(text: str) -> str:
    """Give a text's words, folded and with single blanks: "Zoë’s Ærø, WHĀNAU" becomes "zoes aero whanau".

    Accents and vowel points go (canonical combining classes 1, 10 to 36 and from 200 on, Unicode 4.3); signs that are
    letters to those who write them (Indic vowels, the voicing marks of kana) stay. Letters of any script stay, digits
    become 0 to 9, everything else parts words.
    """
    if text.isascii():
        folded = text.lower().replace("'", "").replace("`", "")
    else:
        apart = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
        folded = unicodedata.normalize("NFC", "".join(_kept(char) for char in apart))
    return " ".join("".join(char if _in_word(char) else " " for char in folded).split())


def _kept(char: str) -> str:
    if char.isascii():
        return char
    kind = unicodedata.combining(char)
    if kind == 1 or 10 <= kind <= 36 or kind >= 200:
        return ""
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _in_word(char: str) -> bool:
    # Marks that stayed belong to their letters; symbols are kept, so that an emoji can be looked for.
    return char.isalnum() or (not char.isascii() and unicodedata.category(char) in ("Mn", "Mc", "So", "Sk"))


def nearest(word: str, known: Mapping[str, int]) -> str | None:
    """Give the known word that a mistyped one (both folded) was most likely meant to be; None if none is near.

    One slip (a letter missing, added, changed, or two swapped) is forgiven from four letters on, two from six on.
    Fewer slips win, then the same first letter, then how often it is known (the mapping's values), then the alphabet.
    """
    if not SHORTEST_MENDED <= len(word) <= LONGEST_WORD:
        return None
    most, letters = 1 if len(word) < 6 else 2, _letters(word)
    best: tuple[int, bool, int, str] | None = None
    for other, times in known.items():
        # Each slip adds or takes one letter, or changes one for another: cheap to see before counting slips.
        if abs(len(other) - len(word)) > most or (letters ^ _letters(other)).bit_count() > 2 * most:
            continue
        slips = distance(word, other, most)
        if slips is None:
            continue
        found = (slips, other[:1] != word[:1], -times, other)
        best = found if best is None else min(best, found)
    return best[3] if best is not None else None


@lru_cache(16384)
def _letters(word: str) -> int:
    mask = 0
    for char in word:
        mask |= 1 << (ord(char) & 63)
    return mask


def distance(one: str, other: str, most: int) -> int | None:
    """Count the slips between two words (Damerau-Levenshtein, optimal string alignment); None above `most`."""
    alike = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[alike:], other[alike:]
    if abs(len(one) - len(other)) > most:
        return None
    far = most + 1
    before: list[int] = []
    row = [min(number, far) for number in range(len(other) + 1)]
    for place, char in enumerate(one):
        older, before, row = before, row, [far] * (len(other) + 1)
        row[0] = min(place + 1, far)
        for there in range(max(0, place - most), min(len(other), place + far)):  # beyond, there are too many slips
            cost = min(before[there + 1] + 1, row[there] + 1, before[there] + (char != other[there]))
            if place and there and char == other[there - 1] and other[there] == one[place - 1]:
                cost = min(cost, older[there - 1] + 1)
            row[there + 1] = cost
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def counted(texts: Iterable[str], *, most: int) -> dict[str, int]:
    """Count in how many folded texts each word stands that could be meant; `most` different words at most."""
    found: dict[str, int] = {}
    for text in texts:
        for word in set(text.split()):
            if word in found:
                found[word] += 1
            elif SHORTEST_MENDED - 1 <= len(word) <= LONGEST_WORD and len(found) < most:
                found[word] = 1
    return found

"""The two cleaners for everything that people type: one for lines, one for texts, and one for names on top.

What is kept: every script, emoji, joiners where a script needs them, single spaces of any width.
What is removed: characters that nobody sees and nobody misses (zero width spaces, direction marks, soft hyphens).
What is refused: characters that harm (controls, direction overrides, broken encoding, towers of accents) and
lengths out of bounds; nothing is ever cut. NFC and not NFKC: "ﬁ", "²" and "①" stay what was typed.
"""

import re
import unicodedata

from gatherings.core.words import Sentence, say, say_many

MARKS_IN_A_ROW = 8  # Tibetan, Hebrew with cantillation and phonetics stay below; stacked "Zalgo" text does not
_LINE_BREAKS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")  # UAX #9 2.1-2.4: embeddings, overrides, isolates
_JOINERS = "\u200c\u200d"
# Never seen: soft hyphen, grapheme joiner, Arabic letter mark, blank letters of Hangul and Khmer, Mongolian
# separator, zero width space, direction marks, word joiner and invisible mathematics, deprecated formats, byte
# order mark, annotations, musical and language-tag formats.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e001f]"
)
_TAGS = re.compile("(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)|[\U000e0020-\U000e007f]")
_RUN_OF_SPACES = re.compile(r"[^\S\n]{2,}|\t")
_NAME_PARTS = re.compile(r"[^\w.\-/\u3002\uff0e\uff61]+")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # the dots of IDNA 2003 3.1: a full stop in Chinese is one of them
_TITLES = frozenset("dr mr mrs ms mx st sr jr fr prof rev hon ing mag lic".split())
# Endings that mail programmes turn into links without being asked (the common ones and the countries').
_ENDINGS = frozenset(
    """
    com org net info biz edu gov mil int name pro mobi asia app dev xyz top site online shop store club live link
    click win bid loan work space website tech blog cloud page events email digital agency network social media
    group team world today news zone fun icu vip art health support stream party date men trade science
    ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc
    cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga
    gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp
    ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms
    mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro
    rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr
    tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw рф укр бел срб ею
    """.split()
)


class TextProblem(ValueError):
    """A text that cannot be taken as it is; `sentence` says what to do next."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def clean_line(text: str, *, least: int = 0, most: int = 200) -> str:
    """Clean one line of text, at least `least` and at most `most` characters long (code points, after cleaning).

    Outer spaces go, a tab or a run of spaces becomes one space, single spaces of any width stay.
    Raises TextProblem for line breaks, controls, direction overrides, broken encoding and wrong lengths.
    """
    _refuse_huge(text, most)
    if _LINE_BREAKS.search(text):
        raise TextProblem(say("This needs to stand on one line. Please take the line breaks out."))
    cleaned = _settle(text, one_line=True)
    _refuse_length(cleaned, least, most)
    return cleaned


def clean_text(text: str, *, least: int = 0, most: int) -> str:
    """Clean a text of several lines, `most` characters at most (code points); line ends become `\\n`.

    Outer white space goes; inner spaces, tabs and blank lines stay, since Markdown and poems need them.
    Raises TextProblem as `clean_line` does, line breaks aside.
    """
    _refuse_huge(text, most)
    cleaned = _settle(_LINE_BREAKS.sub("\n", text), one_line=False)
    _refuse_length(cleaned, least, most)
    return cleaned


def clean_name(text: str, *, least: int = 1, most: int = 120) -> str:
    """Clean a person's name or the title of something: a line in which no mail programme finds a link.

    Names stand in our mails, so a link in one would be somebody else's mail sent by us (reliability.md C10).
    Raises TextProblem as `clean_line` does, and for addresses of web pages and mailboxes.
    """
    name = clean_line(text, least=least, most=most)
    if "://" in name or re.search(r"\bwww\d*\.|\b(?:https?|mailto|javascript):\S", name, re.IGNORECASE):
        raise TextProblem(say("A web address cannot stand here. Please leave it out and keep the name alone."))
    if re.search(r"\S[@＠]\S", name):
        raise TextProblem(say("An e-mail address cannot stand here. Please write a name, without the @ sign."))
    for part in _NAME_PARTS.split(name):
        if _looks_like_host(part):
            raise TextProblem(
                say(
                    "“%(part)s” would turn into a web link in our mails. Please leave it out, "
                    "or put a space after the full stop.",
                    part=part,
                )
            )
    return name


def _looks_like_host(part: str) -> bool:
    host, slash, path = part.lstrip("/").partition("/")
    labels = [label for label in _DOTS.split(host.strip("-_")) if label]
    if len(labels) < 2:
        return False
    before, ending = labels[-2].casefold(), labels[-1].casefold()
    if slash and path and re.fullmatch(r"[a-z]{2,}|xn--[a-z0-9-]+", ending):
        return True
    if ending.startswith("xn--") or (ending in _ENDINGS and len(ending) > 2):
        return True
    # "J.R.R.To" is somebody's initials and "Dr.Li" a name without a space: only longer labels make a host.
    return ending in _ENDINGS and len(before) > 1 and before not in _TITLES


def _settle(text: str, *, one_line: bool) -> str:
    """Normalise and remove until nothing changes: removing can bring together what then composes."""
    _refuse_harm(text)
    for _ in range(8):
        settled = unicodedata.normalize("NFC", _remove_unseen(unicodedata.normalize("NFC", text)))
        if one_line:
            settled = _RUN_OF_SPACES.sub(" ", settled)
        settled = settled.strip()
        if settled == text:
            break
        text = settled
    else:
        raise TextProblem(say("There are hidden characters in this text. Please type it again by hand."))
    _refuse_harm(text)
    if text and unicodedata.category(text[0]).startswith("M"):
        raise TextProblem(say("This begins with an accent that has no letter. Please type the beginning again."))
    return text


def _remove_unseen(text: str) -> str:
    text = _TAGS.sub(lambda match: match[1] or "", _UNSEEN.sub("", text))  # tags stay in flags such as Scotland's
    text = text.replace("\u2800", " ")  # a blank Braille cell: a space in all but name
    if not any(joiner in text for joiner in _JOINERS):
        return text
    kept: list[str] = []
    for index, char in enumerate(text):
        if char not in _JOINERS or _joins(kept[-1] if kept else "", char, text[index + 1 : index + 2]):
            kept.append(char)
    return "".join(kept)


def _joins(before: str, joiner: str, after: str) -> bool:
    """Say whether a joiner does something here: between two letters or emoji, or after a virama (Malayalam)."""
    if not before or before.isascii():
        return False
    if joiner == "\u200d" and unicodedata.combining(before) == 9:  # Canonical_Combining_Class 9 is Virama
        return True
    if not after or after.isascii():
        return False
    # Cn: emoji younger than this Python's Unicode; Sk: skin tones; Sm: the arrows of "head shaking".
    return unicodedata.category(before)[0] in "LMSC" and unicodedata.category(after) in _JOINED


_JOINED = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "So", "Sm", "Cn"})


def _refuse_harm(text: str) -> None:
    marks = 0
    for char in text:
        if char.isascii() and (char.isprintable() or char in "\n\t"):
            marks = 0
            continue
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if marks > MARKS_IN_A_ROW:
            raise TextProblem(say("There are too many accents on one letter. Please use fewer of them."))
        if category == "Cs" or char == "\ufffd" or _is_noncharacter(char):
            raise TextProblem(say("A part of this did not arrive whole. Please type that part again."))
        if category == "Cc":
            raise TextProblem(say("There are hidden control characters in this. Please type it again by hand."))
    if _OVERRIDES.search(text):
        raise TextProblem(
            say("There are hidden signs in this that turn the writing direction. Please type it again by hand.")
        )


def _is_noncharacter(char: str) -> bool:
    point = ord(char)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def _refuse_huge(text: str, most: int) -> None:
    # Before any work: composing may shorten an honest text to a quarter, but not more (and NFC over a
    # megabyte of accents takes quadratic time).
    if len(text) > 4 * most + 100:
        _refuse_length(text, 0, most)


def _refuse_length(text: str, least: int, most: int) -> None:
    if len(text) > most:
        raise TextProblem(
            say_many(
                "This is %(num)s character long, and there is room for %(most)s. Please make it shorter.",
                "This is %(num)s characters long, and there is room for %(most)s. Please make it shorter.",
                len(text),
                most=most,
            )
        )
    if len(text) < least:
        if not text:
            raise TextProblem(say("This is still empty. Please fill it in."))
        raise TextProblem(
            say_many(
                "Please write a little more here: %(num)s character or more.",
                "Please write a little more here: %(num)s characters or more.",
                least,
            )
        )

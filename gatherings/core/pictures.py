"""Pictures that people send: decoded, turned upright, made small and written anew (reliability rule 19).

What comes out is a WebP of our own making: no metadata, no second frame, nothing that a browser could run.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from gatherings.core.words import Sentence, say

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES: Final = 5 * 1024 * 1024
MOST_PIXELS: Final = 20_000_000
WIDEST: Final = 1600
_TALLEST = 1600
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 80

_NO_PICTURE = say("This is not a picture that we can read. Please send a JPEG, PNG, WebP or GIF.")
_TOO_LARGE = say("This file is larger than 5 MB. Please send a smaller one.")
_TOO_MANY = say("This picture has more than 20 million points. Please send a smaller one.")
_BROKEN = say("This picture did not arrive whole, or is damaged. Please send it again.")
# What Pillow's decoders raise for damaged files.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, MemoryError, LookupError, TypeError, ArithmeticError)


class PictureProblem(ValueError):
    """A picture that cannot be taken; `sentence` says why and what to do."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Written:
    """A picture as we keep it: WebP."""

    data: bytes
    width: int
    height: int


def rewrite(data: bytes) -> Written:
    """Make our own WebP of a picture that somebody sent; raises PictureProblem."""
    from PIL import Image, UnidentifiedImageError  # at first use: most processes never need it

    if len(data) > MOST_BYTES:
        raise PictureProblem(_TOO_LARGE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own about large pictures: we count ourselves, before decoding
        try:
            with Image.open(BytesIO(data), formats=_FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise PictureProblem(_TOO_MANY)
                if min(found.size) < 1:
                    raise PictureProblem(_NO_PICTURE)
                return _written(found)
        except PictureProblem:
            raise
        except UnidentifiedImageError:
            raise PictureProblem(_NO_PICTURE) from None
        except Image.DecompressionBombError:
            raise PictureProblem(_TOO_MANY) from None
        except _DAMAGED:
            raise PictureProblem(_BROKEN) from None


def _written(found: "Image.Image") -> Written:
    from PIL import Image, ImageOps

    if found.format == "JPEG":
        found.draft("RGB", (WIDEST * 2, _TALLEST * 2))  # decoded smaller: less time and memory
    found.seek(0)
    has_alpha = "A" in found.getbands() or "transparency" in found.info
    mode = "RGBA" if has_alpha else "RGB"
    # Small first: what comes after costs next to nothing. Palettes have no colours in between and go before.
    drawn = found.convert(mode) if found.mode in ("1", "P", "PA", "I", "F") or found.mode.startswith("I;") else found
    drawn.thumbnail((WIDEST, _TALLEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
    drawn = ImageOps.exif_transpose(drawn).convert(mode)
    clean = Image.new(drawn.mode, drawn.size)  # a new picture carries nothing of the old one's description
    clean.paste(drawn)
    out = BytesIO()
    clean.save(out, "WEBP", quality=_QUALITY, method=4)
    return Written(out.getvalue(), *clean.size)

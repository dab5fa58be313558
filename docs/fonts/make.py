"""Make all our fonts from their sources (README.md beside this file): of pages, of pictures, of papers.

    python docs/fonts/make.py SOURCES

SOURCES holds the unpacked packages. Needs fonttools with its `woff` extra, at development time only.
"""

import sys
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parents[2]
WEB, DRAWN = ROOT / "static" / "fonts", ROOT / "gatherings" / "pages" / "fonts"
PRINTED = ROOT / "gatherings" / "payments" / "printing" / "fonts"

# What is on the first view of nearly every page: English and its neighbours, Māori, our punctuation.
LETTERS = [*range(0x20, 0x7F), 0xA0, *map(ord, "¡£§©«®°·»¿½¼²³"), *range(0xC0, 0x100)]
MAORI = [ord(char) for char in "ĀāĒēĪīŌōŪū"]
SIGNS = [ord(char) for char in "‐‑–—‘’‚“”„•…\u202f‹›€−→"]
FIRST = sorted({*LETTERS, *MAORI, *SIGNS})
# What comes by `unicode-range` only where a page has such letters: Polish, Czech, Turkish, Vietnamese …
MORE = sorted({*range(0x100, 0x180), 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x218, 0x21C), 0x2BB, 0x2BC, 0x300, 0x301,
               0x303, 0x309, 0x323, *range(0x1EA0, 0x1EFA), 0x2116, 0x2122} - set(FIRST))  # fmt: skip

# What names and addresses on papers need: all that the face has of Latin, Greek and Cyrillic.
PAPERS = sorted({*FIRST, *MORE, *range(0xA0, 0x250), *range(0x300, 0x530), *range(0x1E00, 0x20D0), 0x2191, 0x2192,
                 0x2212, 0x2713})  # fmt: skip


def cut(
    font: TTFont, letters: list[int], target: Path, *, web: bool = True, name: tuple[str, str] | None = None
) -> None:
    """Keep only some characters, with kerning, marks and what a language needs; no hints, and no names (OFL 1.1, 3)."""
    options = Options()
    options.layout_features = ["kern", "liga", "ccmp", "locl", "mark", "mkmk", *(["tnum"] if name else [])]
    options.hinting = False
    options.name_IDs = []
    options.notdef_outline = True
    options.flavor = "woff2" if web else None
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = 3_800_000_000  # the same bytes each time
    if web:
        font.flavor = "woff2"
    else:
        face, weight = name or (target.stem.title(), "Regular")
        for number, said in ((1, face), (2, weight), (6, f"{face}-{weight}".replace(" ", "") if name else face)):
            font["name"].setName(said, number, 3, 1, 0x409)
    font.save(target)
    print(target.relative_to(ROOT), target.stat().st_size, len(font.getBestCmap()))  # noqa: T201


def lining(font: TTFont) -> TTFont:
    """Make lining figures the ones that are shown: a time is read faster in them."""
    swaps: dict[str, str] = {}
    for record in font["GSUB"].table.FeatureList.FeatureRecord:
        if record.FeatureTag == "lnum":
            for index in record.Feature.LookupListIndex:
                for table in font["GSUB"].table.LookupList.Lookup[index].SubTable:
                    swaps |= table.mapping
    for table in font["cmap"].tables:
        for code, name in table.cmap.items():
            if 0x30 <= code <= 0x39:
                table.cmap[code] = swaps.get(name, name)
    return font


def text(sources: Path, weight: float | tuple[float, float] = (400, 600)) -> TTFont:
    """Give the text face with the weights that we use."""
    font = instantiateVariableFont(TTFont(sources / "SourceSans3[wght].ttf"), {"wght": weight})
    written = BytesIO()
    font.save(written)  # what is read again is whole: the subsetter stumbles over what the instancer left open
    return TTFont(written)


def title(sources: Path) -> TTFont:
    """Give the display face whole again: its package comes in two pieces."""
    merger = Merger()
    pieces = [sources / f"young-serif-{part}-400-normal.woff2" for part in ("latin", "latin-ext")]
    plain = []
    for piece in pieces:
        font = TTFont(piece)
        font.flavor = None
        plain.append(piece.with_suffix(".ttf"))
        for table in ("fpgm", "prep", "cvt ", "gasp", "DSIG"):
            if table in font:
                del font[table]
        font.save(plain[-1])
    return lining(merger.merge([str(piece) for piece in plain]))


def main(sources: Path) -> None:
    """Write all files."""
    WEB.mkdir(parents=True, exist_ok=True)
    DRAWN.mkdir(parents=True, exist_ok=True)
    for name, make in (("text", text), ("title", title)):
        cut(make(sources), FIRST, WEB / f"{name}.woff2")
        cut(make(sources), MORE, WEB / f"{name}-more.woff2")
    cut(title(sources), sorted({*FIRST, *MORE}), DRAWN / "title.ttf", web=False)
    cut(text(sources, 500), sorted({*FIRST, *MORE}), DRAWN / "text.ttf", web=False)
    papers(sources)


def papers(sources: Path) -> None:
    """Write the two weights that papers are set in: typst reads no variable faces."""
    PRINTED.mkdir(parents=True, exist_ok=True)
    for file, weight, name in (("text", 400, "Regular"), ("text-bold", 600, "Bold")):
        font = text(sources, weight)
        font["OS/2"].usWeightClass = weight
        cut(font, PAPERS, PRINTED / f"{file}.ttf", web=False, name=("Paper Text", name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Characters that have no place in a field: control characters, marks that turn or hide, letters twice encoded."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from fairview.intake.forms.layout import Facts, Layout

# Control characters have no place in a council's field (house rule 69); line ends are judged as line ends. A return alone
# is none: in a text it is read as one, in a cell of a workbook (_x000D_) it is a control character.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
# What Unicode says is drawn as nothing: its property Default_Ignorable_Code_Point (DerivedCoreProperties.txt, Unicode 14.0,
# 4,174 characters: byte order mark, joiners, selectors, tags, fillers, soft hyphen), as first and last of each run. It is all
# taken out, inside a value too, as Unicode does to compare names (NFKC_Casefold): two texts nobody can tell apart are one.
IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
# Marks that turn the reading direction (Unicode's Bidi_Control) can hide what a name says: such a row is kept out instead.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x80-\x9f]")
_WIDTHLESS = re.compile(
    f"(?!{_TURNING.pattern})[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in IGNORABLE) + "]"
)
# What a reader sees as a blank and is none: every space of Unicode but the plain one, its line and paragraph separators, and
# the braille cell without a dot.
_WIDE_BLANKS = "[\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{2800}]"
# Line ends before and behind a value in quotes or in a cell; within it they are part of the text.
_LINE_ENDS_AROUND = r"\A\s*\n\s*|\s*\n\s*\z"


def _any_of(texts: set[bytes]) -> bytes:
    """A pattern that finds any of some sequences of bytes."""
    rests: dict[bytes, set[bytes]] = {}
    for text in texts:
        rests.setdefault(text[:1], set()).add(text[1:])
    firsts: dict[frozenset[bytes], list[bytes]] = {}
    for first, rest in rests.items():
        firsts.setdefault(frozenset(rest), []).append(first)
    ways = (
        b"[" + b"".join(map(re.escape, sorted(first))) + b"]" + (_any_of(set(rest)) if rest != {b""} else b"")
        for rest, first in firsts.items()
    )
    return b"(?:" + b"|".join(ways) + b")"


# The same kinds, and letters of other alphabets and loose accents, as bytes of UTF-8, to tell quickly that a file has none.
UNUSUAL = re.compile(
    _any_of({chr(code).encode() for first, last in IGNORABLE for code in range(first, last + 1)})
    + rb"|[\xcc-\xd4][\x80-\xbf]|\xc2[\x80-\x9f]|"
    rb"\xc3[\x83-\x85](?:\xc2[\x80-\xbf]|\xc5[\x92\x93\xa0\xa1\xb8\xbd\xbe]|\xc6\x92|\xcb[\x86\x9c]|\xe2[\x80\x82\x84])"
)
# The longest of those sequences, in bytes.
UNUSUAL_BYTES = 5
# Cyrillic and Greek letters that cannot be told from Latin ones beside which they stand (house rule 66); others are no
# trick: ε stands for the open e of Akan names.
_ALIKE = "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
_TWO_ALPHABETS = re.compile(f"[A-Za-z\u00c0-\u024f]['’-]?[{_ALIKE}]|[{_ALIKE}]['’-]?[A-Za-z\u00c0-\u024f]")
# Letters of a name saved as UTF-8, read as Windows-1252 and saved again: Zoë as ZoÃ«.
_MOJIBAKE = re.compile(
    "[\u00c3\u00c4\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u2013-\u203a\u20ac\u2122]"
)


def mark(kept: list[list[str]], numbers: list[int], header: list[str], layout: Layout, facts: Facts) -> None:
    """Note rows with control characters or turning marks; take marks without width away; warn of spoilt letters."""
    names = dict(zip(layout.headers, layout.names, strict=True))
    loaded = {name for name, is_loaded in zip(layout.headers, layout.loaded, strict=True) if is_loaded}
    for record, number in zip(kept, numbers, strict=True):
        for position, value in enumerate(record):
            if value.isascii() and value.isprintable():
                continue
            column = header[position]
            name = names.get(column, "")
            if _CONTROL.search(value) or (column in loaded and "\t" in value):
                facts.marked.append((number, "D59", name))
            elif _TURNING.search(value):
                facts.marked.append((number, "turning-marks", name))
            if _WIDTHLESS.search(value):
                record[position] = _WIDTHLESS.sub("", value)
                facts.warn("widthless-marks", [number])
            if column in loaded and _MOJIBAKE.search(value):
                facts.warn("spoilt-letters", [number])
            if column in loaded and _TWO_ALPHABETS.search(value):
                facts.warn("two-alphabets", [number])
            if not unicodedata.is_normalized("NFC", record[position]):  # é is one letter, however it was typed
                record[position] = unicodedata.normalize("NFC", record[position])


def without_widthless(text: str) -> str:
    """A text that stands outside the rows (names of columns, trailer, manifest) without marks of no width."""
    return _WIDTHLESS.sub("", text)


def plain_blanks(texts: pa.Array) -> pa.Array:
    """Texts with every wide blank, and line ends around a value, as a plain one: whatever strips them sees the same text."""
    if pc.any(pc.match_substring(texts, "\n")).as_py():
        texts = pc.replace_substring_regex(texts, _LINE_ENDS_AROUND, " ")
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    return pc.replace_substring_regex(texts, _WIDE_BLANKS, " ")

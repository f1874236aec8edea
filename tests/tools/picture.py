# SPDX-License-Identifier: MIT
"""A terminal's screen as a picture: what tmux captured (capture-pane -peN) -> PNG, with colours, bold, dim, reverse
and the cursor. Needs python3-pil and fonts-dejavu-core; wide characters need fonts-noto-cjk.
"""

import re
import unicodedata
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono%s.ttf"
WIDE_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
PALETTE = [
    "#1c1c1c", "#d0504a", "#4fae4f", "#c19a00", "#4d88d8", "#a65bba", "#2fa8a8", "#cfcfcf",
    "#7c7c7c", "#ff6a64", "#6fdc7f", "#f0dc70", "#6fb0ff", "#ff80c0", "#7ae4f4", "#ffffff",
]  # fmt: skip
FOREGROUND, BACKGROUND, CURSOR = "#d8d8d8", "#14161a", "#e0e0e0"
SIZE, MARGIN, COLOURS = 16, 10, 64
TOKEN = re.compile(
    r"\x1b\[([\d;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x0e\x0f]|\x1b.|([^\x1b][\u0300-\u036f]*)"
)
BOLD, DIM, UNDERLINE, REVERSE = 1, 2, 4, 7


class Pen:
    """The attributes that are on."""

    def __init__(self):
        self.on, self.colour, self.paper = set(), None, None

    def select(self, parameters):
        for text in (parameters or "0").split(";"):
            code = int(text.split(":")[0] or 0)
            if code == 0:
                self.__init__()
            elif code in (BOLD, DIM, UNDERLINE, REVERSE):
                self.on.add(code)
            elif code == 22:
                self.on -= {BOLD, DIM}
            elif code in (24, 27):
                self.on.discard(code - 20)
            elif code in (39, 49):
                self.colour, self.paper = (None, self.paper) if code == 39 else (self.colour, None)
            else:
                self._colours(code)

    def _colours(self, code):
        for first, base in ((30, 0), (90, 8)):
            if first <= code < first + 8:
                self.colour = base + code - first
            if first + 10 <= code < first + 18:
                self.paper = base + code - first - 10

    def colours(self):
        ink = (
            FOREGROUND
            if self.colour is None
            else PALETTE[self.colour + (8 if BOLD in self.on and self.colour < 8 else 0)]
        )
        paper = BACKGROUND if self.paper is None else PALETTE[self.paper]
        if REVERSE in self.on:
            ink, paper = paper, ink
        return (mixed(ink, paper) if DIM in self.on else ink), paper


def mixed(one, other):
    return "#" + "".join(
        f"{(int(one[i : i + 2], 16) * 3 + int(other[i : i + 2], 16) * 2) // 5:02x}" for i in (1, 3, 5)
    )


def columns(character):
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Canvas:
    def __init__(self, width, height):
        self.plain, self.bold = (ImageFont.truetype(FONTS % kind, SIZE) for kind in ("", "-Bold"))
        self.wide = ImageFont.truetype(WIDE_FONT, SIZE) if Path(WIDE_FONT).exists() else self.plain
        self.ascent, descent = self.plain.getmetrics()
        self.cell_h, self.cell_w = self.ascent + descent, round(self.plain.getlength("M"))
        size = width * self.cell_w + 2 * MARGIN, height * self.cell_h + 2 * MARGIN
        self.image = Image.new("RGB", size, BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)

    def cell(self, x, y, character, pen, cursor):
        wide = columns(character[0]) == 2
        ink, paper = pen.colours()
        if cursor:
            ink, paper = BACKGROUND, CURSOR
        left, top = MARGIN + x * self.cell_w, MARGIN + y * self.cell_h
        right = left + self.cell_w * (2 if wide else 1)
        self.draw.rectangle((left, top, right - 1, top + self.cell_h - 1), fill=paper)
        font = self.wide if wide else self.bold if BOLD in pen.on else self.plain
        if character != " ":
            self.draw.text((left, top + self.ascent), character, ink, font, anchor="ls")
        if UNDERLINE in pen.on:
            self.draw.line((left, top + self.ascent + 2, right - 1, top + self.ascent + 2), ink)


def render(captured, width, height, cursor, path):
    """captured: text with SGR sequences. cursor: (x, y) or None when it is hidden."""
    canvas, pen = Canvas(width, height), Pen()
    for y, line in enumerate(captured.split("\n")[:height]):
        x = 0
        for token in TOKEN.finditer(line):
            if token.group(1) is not None:
                pen.select(token.group(1))
            elif (character := token.group(2)) and columns(character[0]):
                canvas.cell(x, y, character, pen, cursor == (x, y))
                x += columns(character[0])
    if cursor:
        left, top = MARGIN + cursor[0] * canvas.cell_w, MARGIN + cursor[1] * canvas.cell_h
        if canvas.image.getpixel((left, top + 1)) == Image.new("RGB", (1, 1), BACKGROUND).getpixel((0, 0)):
            canvas.draw.rectangle((left, top, left + canvas.cell_w - 1, top + canvas.cell_h - 1), fill=CURSOR)
    # few colours, so that a picture is small enough for a repository
    canvas.image.quantize(COLOURS).save(path, optimize=True)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes codes.txt beside it: QR codes of qrcode (PyPI, 8.2), which tui/qr.c must draw alike.

A line is version, level, mask, text and the rows in hexadecimal (the leftmost module is the highest of `side` bits),
with tabs between. The texts end right at the sizes where another version or level begins.
"""
import pathlib

import qrcode
from qrcode.util import MODE_8BIT_BYTE, QRData

# The bytes each version holds at L and at M (ISO/IEC 18004, table 7).
HOLDS = {1: (17, 14), 2: (32, 26), 3: (53, 42), 4: (78, 62), 5: (106, 84), 6: (134, 106), 7: (154, 122), 8: (192, 152),
         9: (230, 180), 10: (271, 213)}
URL = "https://device.sso.eu-west-3.amazonaws.com/?user_code=ABCD-EFGH"
PATTERN = "https://my-company.awsapps.com/start/#/device?user_code=%C3%A9&x="


def text_of(length):
    return (PATTERN + "abcdefghijklmnopqrstuvwxyz0123456789-._~" * 8)[:length]


def lines():
    wanted = [(URL, mask) for mask in range(8)] + [("a", 3), ("Zürich ✔", 5)]
    for version, (low, medium) in HOLDS.items():
        wanted += [(text_of(low), version % 8), (text_of(medium), (version + 3) % 8),
                   (text_of(medium + 1), (version + 5) % 8)]
    for text, mask in wanted:
        size = len(text.encode())
        version = next(v for v, (low, _) in HOLDS.items() if size <= low)
        level = "M" if size <= HOLDS[version][1] else "L"
        correction = qrcode.ERROR_CORRECT_M if level == "M" else qrcode.ERROR_CORRECT_L
        code = qrcode.QRCode(version=version, error_correction=correction, border=0, mask_pattern=mask)
        code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE))
        code.make(fit=False)
        rows = " ".join(f"{int(''.join(str(int(dark)) for dark in row), 2):x}" for row in code.get_matrix())
        yield f"{version}\t{level}\t{mask}\t{text}\t{rows}\n"


pathlib.Path(__file__).with_name("codes.txt").write_text("".join(lines()))

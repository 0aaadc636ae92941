"""Ways to touch files: each takes a source of chance and the texts, and gives the new text of each it touched."""

from __future__ import annotations


def flipped(draw, texts):
    """One bit of one file."""
    at = draw.randrange(len(texts))
    where = draw.randrange(len(texts[at]))
    changed = bytearray(texts[at])
    changed[where] ^= 1 << draw.randrange(8)
    return {at: bytes(changed)}


def without_lines(draw, texts):
    """Some lines of one file removed."""
    at = draw.randrange(len(texts))
    lines = texts[at].splitlines(keepends=True)
    gone = set(draw.sample(range(len(lines)), draw.randint(1, len(lines))))
    return {at: b"".join(line for number, line in enumerate(lines) if number not in gone)}


def reordered(draw, texts):
    """Two lines of one file exchanged."""
    at = draw.randrange(len(texts))
    lines = texts[at].splitlines(keepends=True)
    one, two = draw.sample(range(len(lines)), 2) if len(lines) > 1 else (0, 0)
    lines[one], lines[two] = lines[two], lines[one]
    return {at: b"".join(lines)}


def truncated(draw, texts):
    """One file cut anywhere."""
    at = draw.randrange(len(texts))
    return {at: texts[at][: draw.randrange(len(texts[at]))]}


def exchanged(draw, texts):
    """A line of one file in the place of a line of another."""
    one, two = draw.sample(range(len(texts)), 2)
    lines, others = texts[one].splitlines(keepends=True), texts[two].splitlines(keepends=True)
    lines[draw.randrange(len(lines))] = draw.choice(others)
    return {one: b"".join(lines)}


def swapped(draw, texts):
    """Two whole files exchanged."""
    one, two = draw.sample(range(len(texts)), 2)
    return {one: texts[two], two: texts[one]}


def inserted(draw, texts):
    """A byte more in one file."""
    at = draw.randrange(len(texts))
    where = draw.randrange(len(texts[at]) + 1)
    return {at: texts[at][:where] + bytes([draw.randrange(256)]) + texts[at][where:]}


def removed(draw, texts):
    """One file gone."""
    return {draw.randrange(len(texts)): None}


DEEDS = (flipped, without_lines, reordered, truncated, exchanged, swapped, inserted, removed)

"""Lines of an object that is cut anywhere: each line is in one range, and in no other."""

import pytest

from tastemaker.pipelines.batch import ranges
from tastemaker.pipelines.batch.ranges import lines

TEXTS = [
    b"",
    b"\n\n",
    b"one",
    b"one\n",
    b"one\ntwo\r\n\nthree",
    b"\xef\xbb\xbfone\ntwo\n",
    b"a\n" * 20 + b"long" * 30 + b"\n" + b"b",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_every_line_is_in_one_range(text, size, monkeypatch):
    monkeypatch.setattr(ranges, "_BLOCK", 16)

    def read(begin, count):
        return text[begin : begin + count]

    rows = [
        row
        for begin in range(0, len(text), size)
        for row, _ in lines(read, len(text), begin, min(len(text), begin + size))
    ]

    whole = text.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    assert rows == [line for line in whole if line.strip()]


def test_who_goes_on_behind_a_line_reads_the_rest():
    text = b"one\ntwo\nthree\nfour"

    for row, place in lines(lambda b, n: text[b : b + n], len(text), 0, len(text)):
        rest = [each for each, _ in lines(lambda b, n: text[b : b + n], len(text), place, len(text))]
        assert b"".join(rest) == text[place:]
        assert row


def test_of_a_line_that_is_too_long_only_the_beginning_is_kept(monkeypatch):
    monkeypatch.setattr(ranges, "LONGEST_LINE", 10)
    text = b"x" * 95 + b"\nshort\n"

    rows = [row for row, _ in lines(lambda b, n: text[b : b + n], len(text), 0, len(text))]

    assert rows == [b"x" * 11, b"short\n"]

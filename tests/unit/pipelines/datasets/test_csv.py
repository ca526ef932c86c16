"""What a writer of CSV means is what arrives, whatever is in the cells."""

import csv
import io

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.pipelines.datasets.csv_files import prepare

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
NASTY = st.text(st.sampled_from('a",\\\n\r|é '), max_size=8)
ROWS = st.lists(st.tuples(st.just("id"), TEXT | NASTY, st.just("z")), min_size=1, max_size=5)


def read(path, body):
    path.write_bytes(body.encode())
    file = prepare(path, "s3://bucket/x.csv")
    with duckdb.connect() as session:
        rows = session.execute(f"SELECT * FROM {file.scan()}").fetchall()  # noqa: S608
    return [(first, middle or "", last) for first, middle, last in rows]


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_doubled_quotes_come_back_as_they_were(tmp_path_factory, rows):
    rows = [(a, middle.replace("\\", "/"), b) for a, middle, b in rows]
    body = io.StringIO()
    csv.writer(body, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("A", "B", "C"), *rows])

    assert read(tmp_path_factory.mktemp("csv") / "x.csv", body.getvalue()) == rows


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_backslash_escapes_come_back_as_they_were(tmp_path_factory, rows):
    def cell(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    body = "".join(",".join(map(cell, row)) + "\n" for row in [("A", "B", "C"), *rows])

    assert read(tmp_path_factory.mktemp("csv") / "x.csv", body) == rows


def test_the_line_of_a_record_counts_lines_inside_quotes_and_blank_ones(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('A,B\n1,"x\ny"\n\n2,z\n')

    file = prepare(path, "s3://bucket/x.csv")

    assert file.lines_of([1, 2]) == [2, 5]


def test_blank_lines_before_the_header_are_none_of_it(tmp_path):
    assert read(tmp_path / "x.csv", '\ufeff\n  \nA,B,C\n\nid,"x\n",z\n') == [("id", "x\n", "z")]
    assert prepare(tmp_path / "x.csv", "s3://bucket/x.csv").lines_of([1]) == [5]

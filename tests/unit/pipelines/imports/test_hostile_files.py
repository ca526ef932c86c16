"""What becomes of files that nobody should have sent: each is read as its writer meant, or refused in plain words."""

import pytest

from tastemaker.errors import JobFailed
from tastemaker.pipelines.datasets.csv_files import prepare
from tests.unit.pipelines.imports.hostile_files import ACCEPTED, HEAD, KEYS, REFUSED, ROW, a_bomb, fate


@pytest.mark.parametrize(("body", "row"), ACCEPTED.values(), ids=ACCEPTED)
def test_it_reads_what_the_writer_meant(tmp_path, body, row):
    world, dataset = fate(body)

    world.run(dataset)

    assert world.rows(dataset, tmp_path) == [row]


@pytest.mark.parametrize(("body", "told"), REFUSED.values(), ids=REFUSED)
def test_it_refuses_the_whole_file_and_says_why(body, told):
    world, dataset = fate(body)

    with pytest.raises(JobFailed) as failure:
        world.run(dataset)

    assert told in str(failure.value)
    assert len(str(failure.value)) < 1_000
    assert "_snapshot" not in world.deps.resources.get(dataset)


def test_a_gzip_bomb_is_not_unpacked_to_its_end(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(a_bomb())

    with pytest.raises(JobFailed) as failure:
        prepare(path, "s3://bucket/bomb.csv.gz", most_bytes=1_000_000)

    assert str(failure.value) == "s3://bucket/bomb.csv.gz unpacks to more than 1000000 bytes."
    assert (tmp_path / "bomb.csv.plain").stat().st_size < 10_000_000


@pytest.mark.parametrize("key", KEYS)
def test_dots_in_a_key_are_a_key_like_any_other(key):
    world, dataset = fate(HEAD + ROW)

    with pytest.raises(JobFailed, match="Invalid Data location"):
        world.run(dataset, f"s3://bucket/{key}")

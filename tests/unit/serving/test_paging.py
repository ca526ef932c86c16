"""Arrays of which only the blocks that are read are here: as numpy has them, verified, and no more than have room."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.recipes.data import find, pieces
from tastemaker.serving.paging import BLOCK, Pages, sums_of
from tastemaker.serving.ports import ModelGone, TooLarge
from tastemaker.store.memory import MemoryObjects

ROWS = 100_000
NUMBERS = np.arange(ROWS, dtype=np.int64) * 7
PAIRS = np.arange(2 * ROWS, dtype=np.float32).reshape(ROWS, 2)
IDS = np.array([f"user-{n:06}" for n in range(ROWS)])


class Bucket(MemoryObjects):
    """Objects that count the bytes that were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def read_range(self, bucket: str, key: str, begin: int, size: int, *, etag: str = "") -> bytes:
        body = super().read_range(bucket, key, begin, size, etag=etag)
        self.bytes += len(body)
        return body


class World:
    def __init__(self, folder: Path, room: int = 1 << 30) -> None:
        self.folder, self.objects = folder, Bucket()
        self.pages = Pages(self.objects, "models", room)

    def paged(self, name: str, array: np.ndarray):
        stored = self.folder / f"{name}.stored.npy"
        np.save(stored, array)
        self.objects.write("models", name, stored.read_bytes())
        return self.pages.array(name, self.folder / f"{name}.npy", stored.stat().st_size, sums_of(stored))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    return World(tmp_path_factory.mktemp("numbers")).paged("numbers", NUMBERS)


INDEX = st.one_of(
    st.integers(-ROWS, ROWS - 1),
    st.slices(ROWS),
    st.lists(st.integers(-ROWS, ROWS - 1), min_size=1, max_size=30).map(np.array),
)


@given(INDEX)
def test_rows_are_those_of_the_array(numbers, index):
    assert np.array_equal(numbers[index], NUMBERS[index])


@given(st.integers(-10, 7 * ROWS + 10), st.sampled_from(["left", "right"]))
def test_a_search_finds_what_numpy_finds(numbers, key, side):
    assert np.searchsorted(numbers, np.int64(key), side) == NUMBERS.searchsorted(key, side)


@given(st.lists(st.tuples(st.integers(0, ROWS), st.integers(0, 500)), max_size=20))
def test_spans_come_one_after_another(numbers, spans):
    begins = np.array([begin for begin, _ in spans], np.int64)
    ends = np.minimum(begins + np.array([length for _, length in spans], np.int64), ROWS)
    assert np.array_equal(pieces(numbers, begins, ends), pieces(NUMBERS, begins, ends))


def test_what_numpy_does_with_arrays_it_does_with_these(world):
    numbers, pairs = world.paged("numbers", NUMBERS), world.paged("pairs", PAIRS)

    assert np.array_equal(np.flatnonzero(numbers == 70), [10])
    assert numbers.max() == NUMBERS.max()
    assert np.array_equal(NUMBERS[world.paged("few", np.array([3, 1]))], [21, 7])
    assert np.array_equal(np.concatenate([numbers, [1]])[-2:], [NUMBERS[-1], 1])
    assert np.array_equal(pairs[5], PAIRS[5])
    assert np.array_equal(pairs[[7, 3], 1], PAIRS[[7, 3], 1])
    assert np.array_equal(numbers[NUMBERS < 20], NUMBERS[NUMBERS < 20])
    with pytest.raises(IndexError):
        numbers[ROWS]


def test_an_id_is_found_without_most_of_the_ids(world):
    ids = world.paged("ids", IDS)

    assert find(ids, "user-077777") == 77_777
    assert find(ids, "user-0777770") is None
    assert find(ids, "user-x") is None
    assert world.objects.bytes < IDS.nbytes // 2


def test_only_the_blocks_that_are_read_are_fetched_and_once(world):
    numbers = world.paged("numbers", NUMBERS)
    for _ in range(3):
        assert numbers[50_000] == 350_000

    assert world.objects.bytes == 2 * BLOCK  # the first one says what is in the file


def test_no_more_is_kept_than_there_is_room_for(tmp_path):
    world = World(tmp_path, room=4 * BLOCK)
    numbers = world.paged("numbers", NUMBERS)
    some = numbers[:100]

    for row in range(0, ROWS, 1_000):
        assert numbers[row] == NUMBERS[row]

    assert world.pages.used <= 4 * BLOCK
    assert (tmp_path / "numbers.npy").stat().st_blocks * 512 <= 5 * BLOCK
    assert np.array_equal(some, NUMBERS[:100])
    with pytest.raises(TooLarge, match="there is room for"):
        numbers.max()


def test_a_changed_block_is_refused(world):
    numbers = world.paged("numbers", NUMBERS)
    body = bytearray(world.objects.read("models", "numbers"))
    body[3 * BLOCK] ^= 1
    world.objects.write("models", "numbers", bytes(body))

    assert numbers[2 * BLOCK // 8 - 100] == NUMBERS[2 * BLOCK // 8 - 100]
    with pytest.raises(ValueError, match=r"numbers\.npy is not what its record promises from byte 196,608 on"):
        numbers[3 * BLOCK // 8]


def test_a_model_whose_place_another_took_says_so(world):
    numbers = world.paged("numbers", NUMBERS)
    world.objects.delete("models", "numbers")

    with pytest.raises(ModelGone):
        numbers[50_000]
    assert world.pages.gone


def test_sums_are_those_of_the_blocks(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a" * BLOCK + b"b")
    assert sums_of(path) == sha256(b"a" * BLOCK).digest() + sha256(b"b").digest()
    with pytest.raises(ValueError, match="2 sums"):
        Pages(Bucket(), "models", BLOCK).array("key", tmp_path / "other", 3 * BLOCK, sums_of(path))

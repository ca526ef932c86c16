"""What is alike by texts: words, pieces of words and meanings; exact, whatever came later, and the same everywhere."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tastemaker.recipes import registry
from tastemaker.recipes.data import Newcomers, Query
from tastemaker.recipes.semantic import index, meanings
from tastemaker.recipes.semantic.terms import Vocabulary
from tastemaker.recipes.semantic.words import pieces_of, words_of
from tastemaker.serving import artifacts
from tests.unit.recipes.semantic.catalogues import Synonyms, named

RECIPE = registry.get("aws-semantic-similarity")
WARES = ["red wool scarf", "blue wool scarf", "red wool hat", "steel garden spade", "steel garden fork", "garden hose"]


def like(model, item, count=3, **members):
    return model.recommend(replace(Query.of(item=item), **members), count).items.tolist()


def test_words_are_small_letters_without_accents_and_have_pieces_with_borders():
    assert words_of("Crème-Brûlée, 2 Stück!") == ["creme", "brulee", "2", "stuck"]
    assert pieces_of(["tea", "12"]) == ["<te", "tea", "ea>"]


def test_items_with_the_same_words_are_alike():
    model = RECIPE.fit(named(WARES))

    assert set(like(model, 0, 2)) == {1, 2}
    assert set(like(model, 3, 2)) == {4, 5}


def test_a_word_of_another_ending_is_known_by_its_pieces():
    model = RECIPE.fit(named(["candle holder", "candle holder", "lamp", "lamp", "rope", "rope"]))

    grown = model.grown(Newcomers([{"NAME": "candles"}], 0))

    assert set(like(grown, 6, 2)) == {0, 1}


def test_a_long_text_does_not_drown_a_name():
    names = ["oak table", "oak table", "pine bench", "pine bench"]
    prose = ["comes in a box with screws and a guide in nine languages for you to keep"] * 4
    model = RECIPE.fit(replace(named(names), item_words={"NAME": names, "ABOUT": prose}))

    assert like(model, 0, 1) == [1]
    assert like(model, 2, 1) == [3]


def test_of_equally_alike_items_the_more_popular_is_first_and_no_item_is_like_itself():
    model = RECIPE.fit(named(["oak table"] * 5 + ["hose"]))
    model.standing.popularity[3] = 1

    assert like(model, 0, 4) == [3, 1, 2, 4]


def test_what_is_not_alike_stays_behind_however_popular_it_is():
    model = RECIPE.fit(named(WARES))
    model.standing.popularity[:] = [0, 0, 0.5, 1, 1, 1]

    assert like(model, 0, 2, influence={"POPULARITY": 1.0})[0] == 2
    assert set(like(model, 0, 2, influence={"POPULARITY": 1.0})) == {1, 2}


def test_the_search_is_exact_in_every_block_and_with_any_filter():
    rng = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in range(200)])
    texts = [" ".join(words[rng.integers(200, size=5)]) for _ in range(3 * index.BLOCK + 7)]
    model = RECIPE.fit(named(texts))
    allowed = rng.random(len(texts)) < 0.5

    for item in (0, 700, len(texts) - 1):
        alike = model.likeness_of(item, np.arange(len(texts), dtype=np.int32))
        alike[item] = 0
        for mask in (None, allowed):
            expected = np.lexsort((np.arange(len(texts)), -(alike if mask is None else alike * mask)))[:25]
            assert model.recommend(Query.of(item=item), 25, mask).items.tolist() == expected.tolist()


def test_a_list_is_the_same_in_whatever_order_sums_are_added(monkeypatch):
    texts = [" ".join(np.random.default_rng(n).permutation(list("abcdefgh"))[:4]) for n in range(600)]
    model = RECIPE.fit(named(texts))
    lists = [like(model, item, 25) for item in range(0, 600, 50)]

    monkeypatch.setattr(index, "BLOCK", 7)

    assert [like(model, item, 25) for item in range(0, 600, 50)] == lists


def test_vectors_in_eight_bits_are_unit_vectors_or_nothing():
    vectors, lengths = index.quantised(np.array([[3.0, 4.0], [0.0, 0.0], [-1e-9, 0.0]], np.float32))

    assert vectors.dtype == np.int8
    assert np.linalg.norm(vectors * lengths[:, None], axis=1) == pytest.approx([1, 0, 1])


def test_both_ways_to_add_up_terms_give_the_same_vectors():
    rows = [(text,) for text in [*WARES, ""]]
    vocabulary = Vocabulary.learn(["NAME"], [1.0], dict.fromkeys(rows, 1))
    words, pieces = vocabulary.rows(rows)
    learned = meanings.Meanings.learn(words, pieces, (len(vocabulary.words), len(vocabulary.pieces)), seed=0)

    assert learned.vectors(words, pieces) == pytest.approx(learned.vectors(words, pieces, fitting=True), abs=1e-5)


def test_a_training_that_goes_on_keeps_words_and_reads_new_texts():
    before = RECIPE.fit(named(WARES))

    after = RECIPE.fit(replace(named([*WARES, "red wool glove"]), like=before))

    assert after.reading.vocabulary is before.reading.vocabulary
    assert set(like(after, 6, 3)) == {0, 1, 2}
    assert RECIPE.fit(replace(named(WARES), like=before)).indices is before.indices


def test_items_without_any_text_have_popular_ones_beside_them():
    model = RECIPE.fit(named(["", "", "tea", "tea"]))

    assert like(model, 0, 3) == [1, 2, 3]


FURNITURE = ["red couch", "blue settee", "large sofa", "red mug", "blue beaker", "large cup"]


def test_with_an_encoder_items_are_alike_that_share_no_word():
    plain, taught = RECIPE.fit(named(FURNITURE)), RECIPE.fit(named(FURNITURE, encoder=Synonyms()))

    assert set(like(plain, 2, 2)) != {0, 1}
    assert set(like(taught, 2, 2)) == {0, 1}
    assert taught.settings["encoder"] == "synonyms"


def test_where_no_encoder_is_at_hand_words_stand_for_what_it_would_say():
    texts = FURNITURE * 2
    model = RECIPE.fit(named(texts, encoder=Synonyms()))

    grown = model.grown(Newcomers([{"NAME": "couch"}], 0))

    kinds = np.arange(len(texts)) % len(FURNITURE) < 3
    alike = grown.likeness_of(len(texts), np.arange(len(texts), dtype=np.int32))
    assert alike[kinds].mean() > alike[~kinds].mean()


def test_an_encoder_of_another_name_is_not_asked_when_a_training_goes_on():
    before, other = RECIPE.fit(named(FURNITURE, encoder=Synonyms())), Synonyms()
    other.name = "another"

    after = RECIPE.fit(replace(named([*FURNITURE, "red cup"]), like=before, encoder=other))

    assert other.asked == 0
    assert after.settings["encoder"] == "synonyms"
    assert len(like(after, 6, 3)) == 3


_ANSWER = """
import sys
from pathlib import Path
from tastemaker.recipes.data import Newcomers, Query
from tastemaker.serving import artifacts
model = artifacts.load(Path(sys.argv[1])).model.grown(Newcomers([{"NAME": "red wool glove"}], 0))
print(*model.recommend(Query.of(item=6), 3).items.tolist(), "scipy" in sys.modules)
"""


def test_an_answering_process_needs_no_scipy(tmp_path):
    data = named(WARES)
    artifacts.save(tmp_path, recipe=RECIPE, model=RECIPE.fit(data), data=data)

    command = [sys.executable, "-c", _ANSWER, str(tmp_path)]
    reply = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603

    assert set(reply[:3]) == {"0", "1", "2"}
    assert reply[3] == "False"

"""The benches of quality find out what their results say: peers on data with a known right answer, small and quick."""

import json

import numpy as np
import pytest

from bench.quality import compare, constants, leave_one_out
from bench.quality.constants import CONSTANTS, held
from bench.quality.ledgers import Ledger, Run
from bench.quality.peers import table
from bench.quality.peers.tuning import Family, tuned
from bench.quality.protocols import PROTOCOLS, Judged, amazon
from bench.quality.small_sets import smaller
from bench.quality.verdicts import Tally, against
from bench.quality.worlds import SHAPES
from tastemaker.recipes.data import Query, Ranking, TrainingData
from tastemaker.recipes.personal import candidates

USERS, ITEMS = 40, 16


@pytest.fixture(scope="module")
def halves():
    """Let users of either half of a shop have items of that half only, all but one of them, in turn."""
    rows = [
        (user, 2 * step + user % 2, 1000 * step + user)
        for user in range(USERS)
        for step in range(ITEMS // 2)
        if step != user // 2 % (ITEMS // 2)
    ]
    users, items, times = np.array(rows).T
    names = [
        np.char.add(letter, np.char.zfill(each.astype(np.str_), 3)) for letter, each in (("u", users), ("i", items))
    ]
    return TrainingData.from_ids(*names, times)


@pytest.fixture
def stranger():
    """Ask for somebody with six items of the first half, whom nobody has learned from."""
    return Query(np.arange(0, 12, 2, dtype=np.int32), np.arange(6) * 1000, np.ones(6, np.float32), user=None, now=9000)


@pytest.mark.parametrize("name", sorted(set(table.FAMILIES) - {"popularity-decayed"}))
def test_a_peer_finds_what_users_alike_have(halves, stranger, name):
    if name == "implicit-als":
        pytest.importorskip("implicit", reason="comes with the extra `bench`")
    family = table.FAMILIES[name]
    setting = family.first() | ({"nearest": 10} if name == "tifu-knn" else {})
    allowed = np.ones(ITEMS, bool)
    allowed[stranger.history_items] = False

    answer = family.prepare(halves, 0)(**setting).recommend(stranger, 5, allowed).items

    assert set(answer[:2].tolist()) == {12, 14}
    assert len(answer) == 5
    assert allowed[answer].all()


@pytest.mark.parametrize("name", ["tifu-knn", "up-cf"])
def test_a_peer_of_next_baskets_repeats(halves, stranger, name):
    family = table.FAMILIES[name]

    answer = family.prepare(halves, 0)(**family.first()).recommend(stranger, 3).items

    assert set(answer.tolist()) <= set(stranger.history_items.tolist())


def test_popularity_fades_and_sees_nothing_of_what_comes_later(halves):
    model = table.FAMILIES["popularity-decayed"].prepare(halves, 0)(fade=0.01)

    early, late = (model.recommend(Query.of(now=now), 2).items for now in (1100, 8000))

    assert set(early.tolist()) <= {0, 1, 2, 3}
    assert set(late.tolist()) == {14, 15}


@pytest.mark.parametrize(
    "peer", [each for each in table.RIVALS if each.name.startswith("ease") or "-" not in each.name]
)
def test_peers_are_the_same_by_seed(halves, stranger, peer):
    answers = [peer.fit(halves, 3, amazon).recommend(stranger, 5).items.tolist() for _ in range(2)]

    assert answers[0] == answers[1]


class _Fixed:
    """Recommends the same items to everybody."""

    def __init__(self, items):
        self.items = np.array(items, np.int32)

    def recommend(self, _, k, allowed=None):
        return Ranking(self.items[:k] if allowed is None else self.items[allowed[self.items]][:k])


def test_a_peer_gets_the_setting_that_finds_most_in_each_view(halves):
    seen = []

    def prepare(data, _):
        seen.append(len(data.interactions))
        return lambda items: _Fixed([14, 15] if items else [0, 1])

    model = tuned(Family(prepare, {"items": (0, 1)}))(halves, 0, amazon)

    assert model.chosen == "items 1 / items 1"
    assert seen[0] < seen[1] == len(halves.interactions)


def test_a_ledger_measures_once(tmp_path):
    judged = Judged(*(np.array([0.5, 0.25]) for _ in range(3)), np.array([1, 2], np.int32))
    path = tmp_path / "scores.jsonl"

    Ledger(path).run(("a", "b"), lambda: Run({"allowed": judged}, 1.5, "x 1"))
    again = Ledger(path).run(("a", "b"), lambda: pytest.fail("measured again"))

    assert again.views["allowed"].ndcg.tolist() == [0.5, 0.25]
    assert (again.seconds, again.chosen) == (1.5, "x 1")


def test_constants_are_held_for_a_while():
    before = candidates.KERNELS

    with held((("kernels", "3"),)):
        assert len(candidates.KERNELS) == 3
        assert set(candidates.KERNELS) <= set(before)

    assert candidates.KERNELS is before


def test_every_other_value_of_a_constant_is_another_value():
    for constant in CONSTANTS.values():
        for values in constant.others.values():
            assert all(getattr(constant.module, name) != value for name, value in values.items()), constant.purpose


def _judged(value):
    return Judged(*(np.full(30, value) for _ in range(3)), np.arange(30, dtype=np.int32))


def test_a_set_has_no_vote_on_the_constants_it_is_judged_with(tmp_path):
    sets, other = ["films", "shop", "news"], ("floor", ".03")
    ledger = Ledger(tmp_path / "scores.jsonl")
    for name in sets:
        for protocol in PROTOCOLS:
            views = {view: _judged(0.2) for view in ("allowed", "excluded")}
            better = {view: _judged(0.9 if name == "news" else 0.19) for view in views}
            for label, each in ((leave_one_out.OURS.name, views), ("floor .03", better)):
                ledger.run((name, protocol, label), lambda each=each: Run(each))
    bench = leave_one_out.Bench(ledger)

    assert bench.measured(sets) == [(other,)]
    assert bench.chosen(sets, [(other,)]) == (other,)
    assert bench.chosen(["films", "shop"], [(other,)]) == ()


def test_leaving_one_out_begins(monkeypatch, tmp_path):
    monkeypatch.setattr(leave_one_out, "variants", lambda: [(("floor", ".03"),)])
    bench = leave_one_out.Bench(Ledger(tmp_path / "scores.jsonl"), table.PARTS)

    leave_one_out.measure(bench, ["tiny"], 1)
    lines = list(leave_one_out.report(bench, ["tiny"]))

    assert any(line.startswith("chosen against the best part: ") for line in lines)
    assert any("of possible" in line for line in lines)


def test_comparing_begins_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setitem(compare.REPEATED, "tiny", 1)
    peers = [each for each in table.PEERS if each in table.PARTS or each is table.OURS]
    path = tmp_path / "scores.jsonl"

    for _ in range(2):
        comparison = compare.Comparison(Ledger(path), peers, 20)
        comparison.add("tiny", ["amazon"], [0])

    assert len(comparison.verdicts) == 2
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == len(peers) + 1


def test_verdicts_count_what_is_beyond_doubt():
    tally = Tally(["a part"])
    for ours, other in ((0.5, 0.2), (0.2, 0.5), (0.2, 0.2)):
        tally.add(_judged(ours), [_judged(other)])

    assert list(tally.lines()) == ["against a part: 1 wins, 1 ties, 1 losses"]
    assert against(_judged(0.2), _judged(0.5), "x").startswith("LOSS 0.5000 -0.3000")


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_small_world_has_as_many_events_for_a_user(name):
    shape = smaller(SHAPES[name])

    assert shape.events == SHAPES[name].events
    assert shape.users <= 600
    assert shape.users / shape.items == pytest.approx(SHAPES[name].users / SHAPES[name].items, rel=0.01)


def test_constants_without_a_choice_are_as_the_code_has_them():
    assert constants.named(()) == constants.AS_IT_IS

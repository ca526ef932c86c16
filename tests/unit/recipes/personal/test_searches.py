"""What a search chooses, on data whose best choice is known, and what it leaves untried where trying is dear."""

import numpy as np
import pytest

from tastemaker.recipes.data import Query
from tastemaker.recipes.matrix import learner as matrices
from tastemaker.recipes.measuring.evaluation import Case
from tastemaker.recipes.personal import candidates, searches
from tastemaker.recipes.personal.candidates import EXPONENTS, KERNELS, Choice
from tastemaker.recipes.personal.judges import TEMPOS, Judges
from tastemaker.recipes.personal.searches import Search
from tests.unit.recipes.worlds import films, groceries


def begun(data):
    return Search.begin(data, 0, lambda *_: None)


def test_where_order_is_all_there_is_a_kernel_that_sees_it_is_chosen():
    [choice] = begun(films(n_users=200)).choose()

    assert choice.kernel.mixture < 1
    assert choice.kernel.window == 120


def test_dear_counts_leave_the_last_kernels_and_all_exponents_untried():
    cheap, dear = candidates.affordable(0.1), candidates.affordable(1000.0)

    assert cheap == (KERNELS, EXPONENTS)
    assert dear == (KERNELS[: candidates.LEAST_TRIED], EXPONENTS[:1])


def test_of_a_catalogue_with_a_tail_two_choices_are_learned_and_the_one_that_serves_better_is_taken(monkeypatch):
    monkeypatch.setattr(matrices, "WHOLE", 20)
    monkeypatch.setattr(matrices, "HEADS", ((0, 20),))
    search = begun(films(n_users=200))
    choices = search.choose()
    assert len(choices) == 2

    chosen, learned = search.learn(choices)

    judged = [search._served([fold.learned(each) for fold in search.folds]) for each in choices]
    served = zip(search.folds, learned, strict=True)
    assert chosen == choices[int(np.argmax(judged))]
    assert np.mean([fold.judges.judge(sources.discovery.neighbours) for fold, sources in served]) == max(judged)


def test_of_few_users_everybody_is_asked_in_the_end_by_what_the_others_teach():
    data = films(n_users=100)

    folds = begun(data).folds

    asked = [case.query.user for fold in folds for case in fold.cases]
    assert sorted(asked) == list(range(100))
    for fold in folds:
        assert not {case.query.user for case in fold.cases} & set(fold.training.users.tolist())


def test_of_many_users_some_are_asked_once():
    assert [candidates.folds(users, 1000**2, 0.1) for users in (20, 400, 1000, 2000, 100_000)] == [5, 5, 2, 1, 1]


def test_large_matrices_and_dear_trials_leave_fewer_folds():
    assert candidates.folds(400, 4500**2, 0.1) == 2
    assert candidates.folds(400, 1000**2, 10.0) == 2


def test_questions_inside_a_basket_are_asked_where_there_are_baskets():
    assert not begun(films(n_users=100)).folds[0].opens
    opens = begun(groceries(n_users=100)).folds[0].opens

    assert opens
    assert all(case.query.history_times[-1] == case.query.now for case in opens)


def test_every_kind_of_question_counts_alike_however_many_there_are():
    query = Query.of(np.array([0], np.int32), np.array([5]), np.ones(1, np.float32))
    found, missed = Case(query, np.array([1], np.int32)), Case(query, np.array([19], np.int32))
    judges = Judges.of([[found] * 9, [missed]], 100)
    head, scores = np.arange(20, dtype=np.int32), np.zeros((len(TEMPOS) * 10, 20), np.float32)
    scores[:, 1] = 1.0

    assert judges.judge_head(head, scores) == pytest.approx(0.5)


def test_without_validation_users_nothing_is_tried(monkeypatch):
    monkeypatch.setattr(searches.Trials, "begin", pytest.fail)

    [choice] = begun(films(n_users=20)).choose()

    assert choice == Choice(candidates.UNTAUGHT_KERNEL, candidates.UNTAUGHT_RIDGE)

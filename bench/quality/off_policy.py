"""Off-policy estimates against those of Open Bandit Pipeline, on its sample of the Open Bandit Dataset.

    make bench-off-policy          # fetches obp's wheel from PyPI; the data are in it, and stay there

The sample has 10,000 impressions of each of two policies on a fashion site: drawn at random, and by Bernoulli Thompson
sampling. Each policy's clicks are estimated from the other's log, by our estimators and by obp's own code with the same
propensities and guesses, and compared with what that policy's own log says ("Open Bandit Dataset and Pipeline", Saito
et al., NeurIPS 2021). The probabilities of Thompson sampling come from its published prior, by simulation as in obp.
"""

import argparse
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import yaml

from bench import reports
from tastemaker.recipes.measuring.off_policy import ESTIMATORS, Impressions

Log = dict[str, np.ndarray]
Case = tuple[str, str, str]  # campaign, the policy that logged, the policy that is judged
RESULTS = reports.RESULTS / "off-policy.txt"
SIMULATIONS = 100_000
PLACES = 3
HEAD = (
    f"{'campaign':<9}{'log':<8}{'policy':<8}{'estimate':<9}{'ours':<27}{'obp':<27}{'difference':<12}"
    "the policy's own log"
)
THEIRS = {
    "IPS": "InverseProbabilityWeighting",
    "SNIPS": "SelfNormalizedInverseProbabilityWeighting",
    "DR": "DoublyRobust",
}


def main() -> None:
    """Compare, and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--obp", type=Path, required=True, help="an unpacked wheel of obp 0.4.1")
    options = parser.parse_args()
    estimators = their_estimators(options.obp)
    lines = [
        f"make bench-off-policy, {platform.machine()}, {datetime.now(UTC).date().isoformat()}",
        "clicks per 1,000 impressions, intervals of 95 %: ours by the delta method, obp's by 1,000 bootstrap samples",
        "",
        HEAD,
    ]
    for campaign in ("all", "men", "women"):
        logs = {policy: read(options.obp, policy, campaign) for policy in ("random", "bts")}
        thompsons = thompson(options.obp, campaign)
        probabilities = {"bts": thompsons, "random": np.full_like(thompsons, 1 / len(thompsons))}
        for policy, source in (("bts", "random"), ("random", "bts")):
            lines += compare((campaign, source, policy), logs, probabilities[policy], estimators)
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text)


def compare(case: Case, logs: dict[str, Log], probabilities: np.ndarray, estimators: ModuleType) -> list[str]:
    """Return a line per estimator for a policy (items, places) judged by another's log."""
    campaign, source, policy = case
    log = logs[source]
    guesses = guess(log, len(probabilities))
    impressions = Impressions(
        rewards=log["click"],
        weights=probabilities[log["item"], log["place"]] / log["propensity"],
        predicted=guesses[log["item"], log["place"]],
        expected=(probabilities * guesses).sum(axis=0)[log["place"]],
        answers=np.arange(len(log["click"])),
    )
    rounds = len(log["click"])
    spread = {
        "reward": log["click"],
        "action": log["item"],
        "pscore": log["propensity"],
        "position": log["place"],
        "action_dist": np.broadcast_to(probabilities, (rounds, *probabilities.shape)),
        "estimated_rewards_by_reg_model": np.broadcast_to(guesses, (rounds, *guesses.shape)),
    }
    clicks = logs[policy]["click"]
    margin = 1.96 * clicks.std() / len(clicks) ** 0.5
    truth = told(clicks.mean(), clicks.mean() - margin, clicks.mean() + margin)
    lines = []
    for name, estimate in ESTIMATORS.items():
        ours, theirs = estimate(impressions), getattr(estimators, THEIRS[name])()
        value = theirs.estimate_policy_value(**spread)
        interval = theirs.estimate_interval(**spread, n_bootstrap_samples=1000, random_state=0)
        ends = [interval[end] for end in ("95.0% CI (lower)", "95.0% CI (upper)")]
        lines.append(
            f"{campaign:<9}{source:<8}{policy:<8}{name:<9}{told(ours.value, ours.low, ours.high):<24}"
            f"{told(value, *ends):<27}{abs(ours.value - value):<12.1e}{truth}"
        )
    return lines


def told(value: float, low: float, high: float) -> str:
    """Write a rate per thousand with its interval."""
    return f"{1000 * value:.3f} ({1000 * low:.2f} to {1000 * high:.2f})"


def read(obp: Path, policy: str, campaign: str) -> Log:
    """Return a log as arrays of shape (impressions,)."""
    path = obp / "obp/dataset/obd" / policy / campaign / f"{campaign}.csv"
    query = """
        SELECT CAST(click AS DOUBLE) AS click, item_id AS item, propensity_score AS propensity,
               dense_rank() OVER (ORDER BY position) - 1 AS place
        FROM read_csv(?) ORDER BY timestamp
    """
    return {name: np.asarray(column) for name, column in duckdb.execute(query, [str(path)]).fetchnumpy().items()}


def thompson(obp: Path, campaign: str) -> np.ndarray:
    """Return the probability of each item at each place (items, places) under Thompson sampling."""
    prior = yaml.safe_load((obp / "obp/policy/conf/prior_bts.yaml").read_text())[campaign]
    draws = np.random.default_rng(0).beta(prior["alpha"], prior["beta"], (SIMULATIONS, len(prior["alpha"])))
    best = np.argsort(-draws, axis=1)[:, :PLACES]
    return np.stack([np.bincount(best[:, place], minlength=draws.shape[1]) for place in range(PLACES)], 1) / SIMULATIONS


def guess(log: Log, count: int) -> np.ndarray:
    """Return mean clicks by item and place (items, places), drawn to the mean of all by 100 impressions."""
    cells = log["item"] * PLACES + log["place"]
    counts = np.bincount(cells, minlength=count * PLACES)
    clicks = np.bincount(cells, log["click"], minlength=count * PLACES)
    return ((clicks + 100 * log["click"].mean()) / (counts + 100)).reshape(count, PLACES)


def their_estimators(obp: Path) -> ModuleType:
    """Load obp's estimators alone: what its package imports beside them (torch, pandas, sklearn) they do not use."""
    torch, sklearn, pandas = ModuleType("torch"), ModuleType("sklearn.utils"), ModuleType("pandas")
    torch.Tensor = type("Tensor", (), {})
    pandas.DataFrame = type("DataFrame", (), {})
    sklearn.check_random_state = np.random.RandomState
    sys.modules |= {"torch": torch, "pandas": pandas, "sklearn": ModuleType("sklearn"), "sklearn.utils": sklearn}
    for name in ("obp", "obp.ope"):
        package = ModuleType(name)
        package.__path__ = [str(obp.joinpath(*name.split(".")))]
        sys.modules[name] = package
    return import_module("obp.ope.estimators")


if __name__ == "__main__":
    main()

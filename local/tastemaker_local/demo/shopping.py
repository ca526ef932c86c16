"""The chapters of an open shop: recommendations, related products, a re-ranked list, events, and how fast it all is."""

import itertools
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console

from tastemaker_local.commands.clients import saying_why
from tastemaker_local.demo import lists, views
from tastemaker_local.demo.boards import board
from tastemaker_local.demo.endpoint import Clients
from tastemaker_local.demo.groceries import Groceries
from tastemaker_local.demo.measuring import time_calls
from tastemaker_local.demo.preparing import Shop
from tastemaker_local.demo.watching import Sight

CALLS = 500
_SHOWN = 8
_MOVED = 12
_LONG = 500  # far enough down a list to find discoveries, and to tell where a climber came from
_RELATED_TO = ("DIAPERS & DISPOSABLES", "HISPANIC")
_OFFERS = (
    "CAT FOOD",
    "BEERS/ALES",
    "BABY FOODS",
    "FROZEN PIZZA",
    "SALAD MIX",
    "SOFT DRINKS",
    "YOGURT",
    "COFFEE",
)
# Somebody who is new to the shop, as far as it knows, and what happens next.
_NEWCOMER = 20  # purchases
_NEWS = "a cat moves in"
_NEEDS = ("CAT FOOD", "CAT LITTER")
_BOUGHT = 5
_PATIENCE = 30.0


class Shopping:
    """Shows what a shop's customers would see."""

    def __init__(self, clients: Clients, groceries: Groceries, shop: Shop, out: Console) -> None:
        self._clients = clients
        self._groceries = groceries
        self._shop = shop
        self._out = out
        self._households = groceries.portraits()

    def recommend(self) -> None:
        """Show three households beside what they bought last."""
        for household in self._households:
            recent = self._groceries.recent(household.id, _SHOWN)
            reasons = self._explained(household.id)
            habits = self._groceries.times_bought(household.id)
            names = self._groceries.names([*reasons, *habits, *(purchase.item for purchase in recent)])
            self._out.print(lists.household_table(household, recent, list(reasons), names, habits))
            discovery = lists.picks(list(reasons), habits, _SHOWN)[-1]
            self._out.print(lists.why_line(discovery, reasons[discovery], names), "")

    def relate(self) -> None:
        """Show what goes with two products."""
        items = [item for category in _RELATED_TO for item in self._groceries.favourites(category, 1)]
        companions = {item: self._related(item) for item in items}
        names = self._groceries.names([*items, *itertools.chain.from_iterable(companions.values())])
        self._out.print(lists.related_table(companions, names), "")

    def rank(self) -> None:
        """Show one leaflet in the order of two households' interest."""
        offers = [item for category in _OFFERS for item in self._groceries.favourites(category, 1)]
        orders = {household.id: self._ranked(household.id, offers) for household in self._households[:2]}
        self._out.print(lists.ranking_table(offers, orders, self._groceries.names(offers)))

    def buy(self) -> None:
        """Report five purchases of one household, and show how its list moves."""
        household = self._groceries.newcomer(_NEEDS, _NEWCOMER)
        purchases = self._groceries.assortment(_NEEDS, _BOUGHT)
        before = self._recommended(household, _LONG)
        start = time.perf_counter()
        self._report(household, purchases)
        after = self._changed(household, before)
        seconds = time.perf_counter() - start
        total = sum(self._groceries.times_bought(household).values())
        names = self._groceries.names([*before, *after])
        self._out.print(views.news(household, total, _NEWS, len(purchases), seconds))
        self._out.print()
        self._out.print(lists.moved_table(before, after, names, purchases, _MOVED))

    def hurry(self) -> None:
        """Time many calls, each for another household."""
        households = self._groceries.households(CALLS)
        users = [households[number % len(households)] for number in range(CALLS)]
        with board(self._out) as progress:
            latency = time_calls(
                lambda user: self._recommended(user, 25),
                users,
                lambda number: progress.show("GetRecommendations", _counted(number)),
            )
        self._out.print(views.latency_line(latency))

    def question(self) -> str:
        """Return a command that asks what the story has shown."""
        options = f"--user-id {self._households[0].id} --num-results 5 --campaign-arn {self._shop.campaigns['for-you']}"
        return f"aws personalize-runtime get-recommendations {options}"

    def _recommended(self, user: str, count: int) -> list[str]:
        campaign = self._shop.campaigns["for-you"]
        reply = self._clients.runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=count)
        return [item["itemId"] for item in reply["itemList"]]

    def _explained(self, user: str) -> dict[str, list[str]]:
        """Return a long list of recommendations, each with its reasons."""
        question = {"campaignArn": self._shop.campaigns["for-you"], "userId": user, "numResults": _LONG}
        with saying_why(self._clients.runtime) as runtime:
            items = runtime.get_recommendations(**question)["itemList"]
        return {item["itemId"]: item.get("reason", []) for item in items}

    def _related(self, item: str) -> list[str]:
        campaign = self._shop.campaigns["related"]
        reply = self._clients.runtime.get_recommendations(campaignArn=campaign, itemId=item, numResults=_SHOWN)
        return [companion["itemId"] for companion in reply["itemList"]]

    def _ranked(self, user: str, items: Sequence[str]) -> list[str]:
        campaign = self._shop.campaigns["for-you"]
        reply = self._clients.runtime.get_personalized_ranking(campaignArn=campaign, userId=user, inputList=items)
        return [item["itemId"] for item in reply["personalizedRanking"]]

    def _report(self, household: str, items: Sequence[str]) -> None:
        # The day after the household's last purchase: its year is 2017, and a jump to today would outdate it all.
        moment = self._groceries.last_day(household) + timedelta(days=1)
        self._clients.events.put_events(
            trackingId=self._shop.tracking_id,
            userId=household,
            sessionId=str(uuid.uuid4()),
            eventList=[{"eventType": "purchase", "itemId": item, "sentAt": moment} for item in items],
        )

    def _changed(self, household: str, before: Sequence[str]) -> list[str]:
        deadline = time.monotonic() + _PATIENCE
        after = self._recommended(household, _LONG)
        while after == before and time.monotonic() < deadline:
            time.sleep(0.05)
            after = self._recommended(household, _LONG)
        return after


def _counted(number: int) -> Sight:
    return Sight("ANSWERED" if number == CALLS else "IN PROGRESS", number / CALLS, f"{number} answers")

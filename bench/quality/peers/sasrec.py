"""SASRec, the transformer that the quality bench may be given as a peer: needs torch (the extra `sasrec`) and minutes.

Kang and McAuley, "Self-Attentive Sequential Recommendation" (ICDM 2018), learned with the softmax instead of one
negative, which made it the strongest of its kind in "Turning Dross Into Gold Loss: is BERT4Rec really better than
SASRec?" (Klenitskiy and Vasilev, RecSys 2023): over the right item and NEGATIVES that are drawn for each batch (Jean et
al., "On Using Very Large Target Vocabulary for Neural Machine Translation", 2015, section 3), or over all of a few.

Run: pip install -e '.[sasrec]', then
python -m bench.quality.compare --peers sasrec seqridge --sets ml-100k --output FILE
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from bench.quality.peers.scored import Missing, head_of, places_of, scored
from bench.quality.protocols import Protocol
from tastemaker.recipes.contract import Model
from tastemaker.recipes.data import Floats, Indices, Interactions, Query, TrainingData

WIDTH, BLOCKS, HEADS, LENGTH, DROPOUT = 64, 2, 1, 100, 0.2
EPOCHS, BATCH, RATE = 60, 64, 1e-3
NEGATIVES = 512


def sasrec(data: TrainingData, seed: int, protocol: Protocol) -> Model:
    """Learn which item comes next from each user's newest LENGTH + 1 events."""
    del protocol
    try:
        import torch  # noqa: PLC0415  an extra of its own
    except ImportError as missing:
        raise Missing("the package torch is not installed (the extra `sasrec`)") from missing
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    events = data.interactions
    head = head_of(events)
    network = _network(torch, len(head))
    _learn(torch, network, torch.from_numpy(_sequences(events, head)))
    network.eval()

    place = places_of(head, events.n_items)

    def score(query: Query) -> Floats:
        row, places = np.zeros((1, LENGTH), np.int64), place[query.history_items]
        newest = places[places >= 0][-LENGTH:]
        row[0, LENGTH - len(newest) :] = newest + 1
        with torch.no_grad():
            scores = network.items.weight[1:] @ network(torch.from_numpy(row))[0, -1]
            return np.asarray(scores.numpy(), np.float32) + np.float32(100)

    return scored(events, head, score)


def _sequences(events: Interactions, head: Indices) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return (users, LENGTH + 1): places in the head plus 1, the newest event last, 0 before the first."""
    place = np.zeros(events.n_items, np.int64)
    place[head] = np.arange(1, len(head) + 1)
    starts, rows = events.starts(), []
    for begin, end in pairwise(starts.tolist()):
        items = place[events.items[begin:end]]
        items = items[items > 0][-LENGTH - 1 :]
        if len(items) > 1:
            rows.append(np.pad(items, (LENGTH + 1 - len(items), 0)))
    return np.array(rows, np.int64).reshape(len(rows), LENGTH + 1)


def _network(torch: Any, n_items: int) -> Any:  # noqa: ANN401  torch is not there to be checked
    nn = torch.nn

    class SasRec(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.items = nn.Embedding(n_items + 1, WIDTH, padding_idx=0)
            self.places = nn.Embedding(LENGTH, WIDTH)
            block = nn.TransformerEncoderLayer(
                WIDTH, HEADS, WIDTH, DROPOUT, activation="gelu", batch_first=True, norm_first=True
            )
            self.blocks = nn.TransformerEncoder(block, BLOCKS, nn.LayerNorm(WIDTH), enable_nested_tensor=False)
            self.later = nn.Transformer.generate_square_subsequent_mask(LENGTH)
            nn.init.normal_(self.items.weight, std=WIDTH**-0.5)

        def forward(self, rows: Any) -> Any:  # noqa: ANN401  tensors
            states = self.items(rows) * WIDTH**0.5 + self.places.weight
            return self.blocks(states, mask=self.later, is_causal=True)

    return SasRec()


def _learn(torch: Any, network: Any, rows: Any) -> None:  # noqa: ANN401  as above
    optimizer = torch.optim.AdamW(network.parameters(), RATE)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            targets = rows[batch, 1:]
            told = targets > 0
            _loss(torch, network.items.weight, network(rows[batch, :-1])[told], targets[told]).backward()
            optimizer.step()


def _loss(torch: Any, items: Any, states: Any, targets: Any) -> Any:  # noqa: ANN401  as above
    """Return the mean of -log softmax of the targets (events,) after states (events, WIDTH), among the items drawn."""
    n_items = len(items) - 1
    if n_items <= 2 * NEGATIVES:
        return torch.nn.functional.cross_entropy(states @ items[1:].T, targets - 1)
    drawn = torch.randint(1, n_items + 1, (NEGATIVES,))
    # Each stands for as many as were not drawn; the right one is there once.
    others = states @ items[drawn].T + math.log(n_items / NEGATIVES)
    others = others.masked_fill(drawn == targets[:, None], -math.inf)
    right = (states * items[targets]).sum(dim=1, keepdim=True)
    return -torch.log_softmax(torch.cat([right, others], dim=1), dim=1)[:, 0].mean()

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.document import Chunk
from corpus.errors import UnusableInput
from index.hit import Hit
from index.reranker import CrossEncoderReranker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

TEXTS = ("bank card", "card card card", "bus pass", "bank bus card")


def hits() -> list[Hit]:
    return [
        Hit(
            chunk=Chunk(
                doc_id="d", start=100 * n, end=100 * n + len(text), text=text, headings=(), kind="prose", steps=()
            ),
            score=0.9 - n / 10,
            rank=n + 1,
            parts={"lexical": 5.0 - n},
        )
        for n, text in enumerate(TEXTS)
    ]


def save_cross_encoder(folder: Path, n_outputs: int) -> Path:
    """A real cross-encoder of one small layer with fixed random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bank", "card", "bus", "pass", "cancel"]
    folder.mkdir()
    BertTokenizerFast(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=n_outputs, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("reranker") / "model", 1)


def test_hits_come_in_the_order_of_the_models_scores(model: Path) -> None:
    import numpy as np
    from sentence_transformers import CrossEncoder

    given = hits()
    ranked = CrossEncoderReranker(str(model)).rerank("cancel bank card", given)

    raw = CrossEncoder(str(model)).predict([("cancel bank card", text) for text in TEXTS], activation_fn=None)
    expected = np.argsort(-raw).tolist()
    assert [hit.chunk.start // 100 for hit in ranked] == expected
    assert [hit.rank for hit in ranked] == [1, 2, 3, 4]
    assert all(0 <= hit.score <= 1 for hit in ranked)
    assert len({hit.score for hit in ranked}) == 4
    assert ranked[0].parts == {"lexical": 5.0 - expected[0], "retrieved": given[expected[0]].score}
    assert given == hits()


def test_no_hits_need_no_model() -> None:
    assert CrossEncoderReranker("no such model").rerank("卡", []) == []


def test_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnusableInput, match=r"`reranker` must be empty, or .* got '/no/such/model', which cannot be"):
        CrossEncoderReranker("/no/such/model").rerank("卡", hits())


def test_a_model_of_several_outputs_is_refused(tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path / "two", 2)

    with pytest.raises(UnusableInput, match=r"`reranker` must be a cross-encoder with one output; got .* with 2"):
        CrossEncoderReranker(str(folder)).rerank("卡", hits())

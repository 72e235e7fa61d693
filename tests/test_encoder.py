from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnusableInput
from index.encoder import NgramEncoder, SentenceTransformerEncoder, load_encoder, unit_rows

ENCODER = NgramEncoder()


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_texts_become_finite_unit_rows(texts: list[str]) -> None:
    rows = ENCODER.encode_passages(texts)

    assert rows.shape == (len(texts), 256)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@given(st.text(max_size=80))
def test_a_question_and_a_passage_of_the_same_words_share_a_vector(text: str) -> None:
    assert (ENCODER.encode_query([text]) == ENCODER.encode_passages([text])).all()


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "，。！", "🙂"])
def test_a_text_without_words_is_the_first_unit_vector(text: str) -> None:
    (row,) = ENCODER.encode_passages([text])

    assert row[0] == 1
    assert not row[1:].any()


def test_a_doubled_character_weighs_half_a_pair_times_its_damped_count() -> None:
    (row,) = ENCODER.encode_passages(["卡卡"])

    # 卡 twice: 0.5 * (1 + ln 2) = 0.8466; the pair 卡卡 once: 1. Length √(0.8466² + 1²) = 1.3102.
    assert sorted(abs(row[row != 0]).tolist()) == pytest.approx([0.8466 / 1.3102, 1 / 1.3102], abs=1e-4)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("註銷門禁卡", "注销门禁卡"),
        ("ＩＣ卡２号", "ic卡2号"),
        ("注\u200b销", "注销"),
        ("Cancel My CARD", "cancel my card"),
    ],
)
def test_spellings_of_the_same_words_share_a_vector(written: str, same: str) -> None:
    assert (ENCODER.encode_query([written]) == ENCODER.encode_query([same])).all()


def test_texts_that_share_words_are_nearer_than_texts_that_share_none() -> None:
    question, near, far = ENCODER.encode_passages(["怎么注销银行卡", "银行卡注销流程", "冬季滑雪场门票价格"])

    assert question @ near > 0.4
    assert abs(question @ far) < 0.2


def test_the_order_of_texts_does_not_change_their_vectors() -> None:
    forth, back = ENCODER.encode_passages(["押金", "fees"]), ENCODER.encode_passages(["fees", "押金"])

    assert (forth == back[::-1]).all()


def test_vectors_are_the_same_in_every_process() -> None:
    code = "from index.encoder import NgramEncoder as N; print(N().encode_query(['注销 card 2']).tobytes().hex())"
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    assert shown == {ENCODER.encode_query(["注销 card 2"]).tobytes().hex()}


def test_unit_rows_scales_rows_and_leaves_its_input_alone() -> None:
    given_rows = np.array([[3.0, 4.0], [0.0, 0.0]])

    assert unit_rows(given_rows).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [1.0, 0.0]]
    assert given_rows.tolist() == [[3, 4], [0, 0]]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_vectors_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        unit_rows(np.array([[value, 1.0]]))


def test_the_built_in_encoder_has_a_name_of_its_own() -> None:
    encoder = load_encoder("builtin")

    assert (encoder.name, encoder.dimensions) == ("ngram-256-v1", 256)


@pytest.mark.parametrize("name", ["", "  ", "/no/such/folder", "./no-such-folder", "a/b/c"])
def test_a_name_that_can_be_no_model_is_refused(name: str) -> None:
    with pytest.raises(UnusableInput, match=r"`encoder` must be `builtin`, or .* got .* Check the name\."):
        load_encoder(name)


def test_naming_a_model_loads_nothing_yet(tmp_path: Path) -> None:
    code = (
        "import sys; from index.encoder import load_encoder; "
        f"load_encoder({str(tmp_path)!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model of five words in three dimensions."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "bank": 1, "card": 2, "query": 3, "passage": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    weights = np.array([[0, 0, 1], [3, 4, 0], [0, 1, 0], [1, 0, 0], [0, 0, 2]], dtype=np.float32)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights)],
        prompts={"query": "query ", "document": "passage "},
        device="cpu",
    )
    folder = tmp_path_factory.mktemp("tiny")
    model.save(str(folder))
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_models_folder_gives_unit_rows_with_the_models_prompts(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model))

    assert isinstance(encoder, SentenceTransformerEncoder)
    assert (encoder.name, encoder.dimensions) == (str(tiny_model.resolve()), 3)
    # "query bank" is the mean of (1, 0, 0) and (3, 4, 0): (2, 2, 0), of length √8.
    assert encoder.encode_query(["bank"])[0].tolist() == pytest.approx([2 / 8**0.5, 2 / 8**0.5, 0], abs=1e-6)
    # "passage card" is the mean of (0, 0, 2) and (0, 1, 0): (0, 0.5, 1), of length √1.25.
    assert encoder.encode_passages(["card"])[0].tolist() == pytest.approx([0, 0.5 / 1.25**0.5, 1 / 1.25**0.5], abs=1e-6)


@pytest.mark.slow
def test_a_folder_that_holds_no_model_is_refused_when_it_is_used(tmp_path: Path) -> None:
    encoder = load_encoder(str(tmp_path))

    with pytest.raises(UnusableInput, match=r"`encoder` must be .* which cannot be loaded"):
        encoder.encode_query(["卡"])

"""The torch-free reader, on models of a few words whose vectors are worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from corpus.errors import UnusableInput
from index.encoder import built_in_encoder, built_in_vector
from index.static_encoder import StaticEncoder

WORDS = {"[UNK]": 0, "bank": 1, "card": 2, "query": 3, "passage": 4}
STATIC = "sentence_transformers.models.StaticEmbedding"
NORMALIZE = "sentence_transformers.models.Normalize"
PLAIN = {
    "embedding.weight": np.array([[0, 0, 0], [3, 4, 0], [0, 1, 0], [1, 0, 0], [0, 0, 2]], dtype=np.float32),
}


def write_model(
    folder: Path,
    tensors: dict[str, NDArray[Any]],
    *,
    modules: tuple[str, ...] = (STATIC, NORMALIZE),
    prompts: dict[str, str] | None = None,
    path: str = "",
) -> Path:
    (folder / path).mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / path / "tokenizer.json"))
    save_file(tensors, folder / path / "model.safetensors")
    listed = [
        {"idx": n, "name": str(n), "path": path if n == 0 else "1", "type": name} for n, name in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed), encoding="utf-8")
    if prompts is not None:
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}), encoding="utf-8")
    return folder


def test_a_text_is_the_mean_of_its_tokens_scaled_to_length_one(tmp_path: Path) -> None:
    encoder = StaticEncoder(write_model(tmp_path, PLAIN))

    assert encoder.dimensions == 3
    # bank is (3, 4, 0), card (0, 1, 0): their sum (3, 5, 0) has length √34.
    assert encoder.encode_query(["bank card"])[0].tolist() == pytest.approx([3 / 34**0.5, 5 / 34**0.5, 0])
    assert encoder.encode_query(["nothing known"])[0].tolist() == [1, 0, 0]
    assert encoder.encode_query([]).shape == (0, 3)


def test_shared_rows_in_eight_bits_are_scaled_token_by_token(tmp_path: Path) -> None:
    tensors = {
        "embeddings": np.array([[0, 0, 0], [100, 0, 0], [0, 50, 0]], dtype=np.int8),
        "mapping": np.array([0, 1, 2, 2, 1], dtype=np.int32),
        "weights": np.array([1, 0.5, 0.1, 0.2, 0.01], dtype=np.float32),
    }
    encoder = StaticEncoder(write_model(tmp_path, tensors))

    # bank: 0.5 * 100 = 50 along the first; query: 0.2 * 50 = 10 along the second. Length √2600.
    assert encoder.encode_query(["bank query"])[0].tolist() == pytest.approx([50 / 2600**0.5, 10 / 2600**0.5, 0])


def test_the_models_prompts_go_before_questions_and_passages(tmp_path: Path) -> None:
    encoder = StaticEncoder(write_model(tmp_path, PLAIN, prompts={"query": "query ", "document": "passage "}))

    # query (1, 0, 0) and bank (3, 4, 0): (4, 4, 0); passage (0, 0, 2) and card (0, 1, 0): (0, 1, 2) of length √5.
    assert encoder.encode_query(["bank"])[0].tolist() == pytest.approx([0.5**0.5, 0.5**0.5, 0])
    assert encoder.encode_passages(["card"])[0].tolist() == pytest.approx([0, 1 / 5**0.5, 2 / 5**0.5])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_sentence_transformers_agrees(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    tensors = {
        "embeddings": np.array([[1, 2, 3], [100, -7, 0], [0, 50, 9]], dtype=np.int8),
        "mapping": np.array([0, 1, 2, 2, 1], dtype=np.int32),
        "weights": np.array([1, 0.5, 0.1, 0.2, 0.01], dtype=np.float32),
    }
    texts = ["bank card", "query", "passage of the bank", "unknown"]
    for name, tensor in (("plain", PLAIN), ("eight", tensors)):
        folder = write_model(tmp_path / name, tensor, prompts={"query": "query ", "document": "passage "})
        model = SentenceTransformer(str(folder), device="cpu")
        ours = StaticEncoder(folder)

        assert np.abs(model.encode_query(texts) - ours.encode_query(texts)).max() < 1e-6
        assert np.abs(model.encode_document(texts) - ours.encode_passages(texts)).max() < 1e-6


def test_a_model_in_a_folder_of_its_own_is_found_by_the_list_of_modules(tmp_path: Path) -> None:
    encoder = StaticEncoder(write_model(tmp_path, PLAIN, path="0_StaticEmbedding"))

    assert encoder.encode_query(["query"])[0].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("modules", "is_static"),
    [
        ((STATIC,), True),
        ((STATIC, NORMALIZE), True),
        ((STATIC, "sentence_transformers.models.Dense"), False),
        (("sentence_transformers.models.Transformer", "sentence_transformers.models.Pooling"), False),
        ((), False),
    ],
)
def test_only_a_static_embedding_with_nothing_but_scaling_is_read(
    tmp_path: Path, modules: tuple[str, ...], is_static: bool
) -> None:
    assert StaticEncoder.is_static(write_model(tmp_path, PLAIN, modules=modules)) is is_static


@pytest.mark.parametrize("text", ["{", "7", '{"a": 1}'])
def test_a_folder_with_an_unreadable_list_of_modules_is_left_to_others(tmp_path: Path, text: str) -> None:
    (tmp_path / "modules.json").write_text(text, encoding="utf-8")

    assert not StaticEncoder.is_static(tmp_path)
    assert not StaticEncoder.is_static(tmp_path / "nowhere")


@pytest.mark.parametrize("file", ["tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_a_damaged_model_is_named(tmp_path: Path, file: str, damage: str) -> None:
    folder = write_model(tmp_path, PLAIN)
    if damage == "gone":
        (folder / file).unlink()
    else:
        (folder / file).write_bytes((folder / file).read_bytes()[:40])

    with pytest.raises(UnusableInput, match=r"`encoder` must be a model that can be read; got .* Fetch its files"):
        StaticEncoder(folder).encode_query(["bank"])


def test_a_file_without_a_table_is_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path, {"weights": np.ones(5, dtype=np.float32)})

    with pytest.raises(UnusableInput, match="no table of vectors, only weights"):
        StaticEncoder(folder).encode_query(["bank"])


def test_a_text_has_the_same_tokens_by_itself_as_among_others() -> None:
    encoder = built_in_encoder()
    texts = ["怎么注销公交卡？", "", "How do I cancel a 2nd card?", "  blanks  ", "混合 mixed 文字💳"]

    together = encoder.token_ids(texts)
    assert [ids.tolist() for ids in together] == [encoder.token_ids([text])[0].tolist() for text in texts]
    assert np.array_equal(encoder.encode_query(texts[:1]), encoder.encode_query(texts)[:1])


def test_the_vector_of_a_question_is_the_encoders_and_cannot_be_written_to() -> None:
    vector = built_in_vector("怎么注销公交卡？")

    assert np.array_equal(vector, built_in_encoder().encode_query(["怎么注销公交卡？"]))
    assert built_in_vector("怎么注销公交卡？") is vector
    with pytest.raises(ValueError, match="read-only"):
        vector[0, 0] = 1.0


def test_tokens_count_what_they_count_in_the_text(tmp_path: Path) -> None:
    """The longer a token's vector, the more it says: scales of eight-bit rows are not lost."""
    encoder = built_in_encoder()
    (ids,) = encoder.token_ids(["注销公交卡要多少钱"])
    rows = encoder.token_rows(ids)

    summed = rows.sum(axis=0)
    assert (summed / np.linalg.norm(summed)).tolist() == pytest.approx(
        encoder.encode_query(["注销公交卡要多少钱"])[0].tolist(), abs=1e-5
    )
    lengths = np.linalg.norm(rows, axis=1)
    assert lengths.max() > 2 * lengths.min()

    tensors = {"embeddings": np.array([[1, 0, 0], [0, 3, 4]], dtype=np.int8), "mapping": np.array([0, 1, 1, 0, 1]),
               "weights": np.array([0, 0.5, 2, 1, 1], dtype=np.float32)}  # fmt: skip
    small = StaticEncoder(write_model(tmp_path, tensors))
    assert small.token_rows(small.token_ids(["bank card"])[0]).tolist() == [[0, 1.5, 2], [0, 6, 8]]

"""Folds a trained table of features into the tokens of a stock sentence-transformers model.

Training adds up characters, pairs and words; a tokenizer gives each place of a text to one token only. Two things
bring them together. The normalizer writes every Chinese character twice with a cut between (`注销卡` becomes
`注|注销|销卡|卡`), so that cutting leaves adjacent pairs and the two ends. And a pair's row is its own vector plus half
of each of its characters' (an end is the other half), so that the sum over a text is what training made it. A pair
that is not in the vocabulary falls back to its two halves. A word's row holds its parts.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from corpus.normalize import normalize
from index.encoder import Vectors
from index.training.features import HAN, Vocabulary, inner_parts, kind_of, parts

CUT = "\ue001"
UNKNOWN = "[UNK]"
CONTINUED = "##"
_HALF = 0.5
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_N_PIECES = 3_000
_INT8_MOST = 127
_LONGEST_WORD = 200
_HAN_CHARACTER = re.compile(f"[{HAN}]")
_MODULES = [
    {
        "idx": 0,
        "name": "0",
        "path": "",
        "type": "sentence_transformers.models.StaticEmbedding",
    },
    {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
]
_CONFIG = {"model_type": "SentenceTransformer", "prompts": {}, "similarity_fn_name": "cosine"}


@dataclass(frozen=True, slots=True)
class TokenTable:
    """Tokens with their vectors; tokens that share a vector share a row.

    Attributes:
        rows: Shape `(n_rows, dimensions)`.
        row_of: The row of each token, by its number.
    """

    tokens: tuple[str, ...]
    rows: Vectors
    row_of: NDArray[np.int32]


def fold(vocabulary: Vocabulary, vectors: Vectors) -> TokenTable:
    """The token table whose sums are those of the features' vectors, shape `(len(vocabulary), dimensions)`.

    Exact for Chinese, and for words of the vocabulary; another word is near the sum of the parts within its pieces.
    """
    numbers = vocabulary.numbers
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)

    def of(feature: str) -> Vectors:
        number = numbers.get(feature)
        return nothing if number is None else vectors[number]

    tokens: dict[str, int] = {UNKNOWN: 0}
    rows = [nothing]

    def add(row: Vectors, *names: str) -> None:
        for name in names:
            tokens.setdefault(name, len(rows))
        rows.append(row)

    pieces = _pieces(vocabulary)
    for feature in numbers:
        kind = kind_of(feature)
        if kind == "character":
            add(_HALF * of(feature), feature, CONTINUED + feature)
        elif kind == "pair":
            add(of(feature) + _HALF * (of(feature[0]) + of(feature[1])), feature)
        elif kind == "word":
            add(of(feature) + sum((of(part) for part in parts(feature)), nothing), feature)
    for piece in pieces:
        text = piece.removeprefix(CONTINUED)
        within = text if piece.startswith(CONTINUED) else "<" + text
        if piece not in tokens:
            add(sum((of(part) for part in inner_parts(within)), nothing), piece)
    names = tuple(tokens)
    return TokenTable(names, np.stack(rows), np.array([tokens[name] for name in names], dtype=np.int32))


def _pieces(vocabulary: Vocabulary) -> Iterator[str]:
    """What a word or a number that is not in the vocabulary is cut into, so that none is left over."""
    for character in _LETTERS + "0123456789":
        yield character
        yield CONTINUED + character
    longest = [part[1:] for part in vocabulary.numbers if kind_of(part) == "part" and len(part) > len("#abc")]
    for part in longest[:_N_PIECES]:
        if part.isalpha():
            yield CONTINUED + part
        elif part.startswith("<") and part[1:].isalpha():
            yield part[1:]


def character_rules(vocabulary: Vocabulary) -> dict[str, str]:
    """What the normalizer makes of each character: narrow, lower case, simplified.

    Chinese ones of the vocabulary are doubled around a cut, other Chinese ones become blank.
    """
    rules = {}
    for character in map(chr, [*range(0x20, 0xD800), *range(0xF900, 0x10000)]):
        becomes = normalize(character)
        if _HAN_CHARACTER.fullmatch(becomes):
            rules[character] = becomes + CUT + becomes if becomes in vocabulary.numbers else " "
        elif becomes != character and character != " ":
            shown = unicodedata.category(character)[0] in "ZSP"
            rules[character] = becomes or (" " if shown else "")
    return rules


def build_tokenizer(tokens: tuple[str, ...], rules: Mapping[str, str]) -> Tokenizer:
    """A tokenizer that gives the numbers of `tokens`, with `rules` for its normalizer."""
    tokenizer = Tokenizer(
        models.WordPiece(
            {token: number for number, token in enumerate(tokens)},
            unk_token=UNKNOWN,
            continuing_subword_prefix=CONTINUED,
            max_input_chars_per_word=_LONGEST_WORD,
        )
    )
    tokenizer.normalizer = normalizers.Precompiled(_compiled(rules))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(f"[a-z]+|[0-9]+|[{HAN}]+"), behavior="removed", invert=True)
    return tokenizer


def save(folder: Path, *, table: TokenTable, tokenizer: Tokenizer) -> None:
    """Writes a model that `SentenceTransformer(folder)` loads: vectors in eight bits, each token with its scale."""
    folder.mkdir(parents=True, exist_ok=True)
    eight_bits, scales = quantize(table.rows)
    save_file(
        {"embeddings": eight_bits, "mapping": table.row_of, "weights": scales[table.row_of]},
        folder / "model.safetensors",
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    for name, values in (("modules.json", _MODULES), ("config_sentence_transformers.json", _CONFIG)):
        (folder / name).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def quantize(rows: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """The rows in whole numbers from -127 to 127, and the scale of each; a product differs by half a scale at most."""
    scales = np.abs(rows).max(axis=1) / _INT8_MOST
    scales[scales == 0] = 1.0
    return np.rint(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def _compiled(rules: Mapping[str, str]) -> bytes:
    """The rules in the form that tokenizers' `Precompiled` reads; sentencepiece compiles it on the way to a model."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    def codes(text: str) -> str:
        return " ".join(f"{ord(character):X}" for character in text)

    written = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="ascii") as file:
        file.writelines(f"{codes(character)}\t{codes(becomes)}\n" for character, becomes in rules.items())
        file.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c"]),
            model_writer=written,
            vocab_size=8,
            model_type="char",
            normalization_rule_tsv=file.name,
            hard_vocab_limit=False,
            minloglevel=2,
        )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(written.getvalue())
    return bytes(model.normalizer_spec.precompiled_charsmap)

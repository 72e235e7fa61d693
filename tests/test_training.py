"""The recipe of the built-in encoder: features, sources, folding, and a small training from end to end."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corpus.errors import UnusableInput
from index.static_encoder import StaticEncoder
from index.training import sources
from index.training.__main__ import main
from index.training.export import CUT, build_tokenizer, character_rules, fold, quantize, save
from index.training.features import Vocabulary, VocabularyLimits, features, kind_of

SENTENCES = (
    "注销交通卡要带身份证", "註銷銀行卡", "卡里的余额退回银行", "门禁卡交给物业", "cancel my debit card",
    "cancelling a card", "第12步", "交通卡注销第1步", "银行卡销户", "注销门禁卡", "身份证",
)  # fmt: skip


KNOWN = Vocabulary.of([*SENTENCES, *SENTENCES], VocabularyLimits())
RULES = character_rules(KNOWN)
VECTORS = np.random.default_rng(5).normal(size=(len(KNOWN), 4)).astype(np.float32)
TABLE = fold(KNOWN, VECTORS)
TOKENIZER = build_tokenizer(TABLE.tokens, RULES)


def test_a_text_is_characters_pairs_words_and_parts_of_words() -> None:
    assert features("註銷IC卡，Card 12") == [
        "注", "销", "注销", "ic", "卡", "card", "#<ca", "#car", "#ard", "#rd>", "#<car", "#card", "#ard>", "#<card",
        "#card>", "12",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("feature", "kind"), [("卡", "character"), ("注销", "pair"), ("card", "word"), ("1", "word"), ("#<ca", "part")]
)
def test_every_feature_is_of_one_kind(feature: str, kind: str) -> None:
    assert kind_of(feature) == kind


def test_a_vocabulary_holds_the_most_frequent_of_each_kind() -> None:
    texts = ["银行卡", "银行卡号", "交通卡", "交通", "bank", "bank card"]
    known = Vocabulary.of(texts, VocabularyLimits(character=2, pair=2, word=1, part=0))

    # 卡 stands in three texts; 交, 通, 银 and 行 in two each, of which 交 comes first; of the pairs 交通 and 行卡.
    assert sorted(known.numbers) == ["bank", "交", "交通", "卡", "行卡"]
    # ln((6 + 1) / (3 + 0.5)) for 卡, ln(7 / 2.5) for the others.
    assert known.idf.tolist() == pytest.approx(
        [np.log(7 / 3.5) if name == "卡" else np.log(7 / 2.5) for name in known.numbers]
    )


@given(
    st.lists(
        st.sampled_from([*"注销交通卡银行门禁身份证余额罕见", "cancel", "debit", "card", " ", "，", "銷", "12"])
    ).map("".join)
)
def test_adding_up_tokens_gives_what_adding_up_features_gives(text: str) -> None:
    """For Chinese, and words and numbers of the vocabulary."""
    assume({word for word in features(text) if kind_of(word) == "word"} <= KNOWN.numbers.keys())
    ids = TOKENIZER.encode(text, add_special_tokens=False).ids

    assert TABLE.rows[TABLE.row_of[ids]].sum(axis=0).tolist() == pytest.approx(
        VECTORS[KNOWN.ids(text)].sum(axis=0).tolist(), abs=1e-4
    )


def test_a_pair_that_is_not_known_falls_back_to_its_characters() -> None:
    # 卡 never stands before 银: each end is half a character, the unknown pair is the other halves.
    assert TOKENIZER.encode("卡银", add_special_tokens=False).tokens == ["卡", "卡", "##银", "银"]
    assert TOKENIZER.encode("罕见", add_special_tokens=False).tokens == []


def test_a_word_that_is_not_known_is_cut_into_pieces_without_a_rest() -> None:
    tokens = TOKENIZER.encode("cancelzzq 98", add_special_tokens=False).tokens

    assert "[UNK]" not in tokens
    assert "".join(token.removeprefix("##") for token in tokens) == "cancelzzq98"


def test_the_normalizer_makes_characters_plain_and_doubles_chinese_ones() -> None:
    assert RULES["銷"] == RULES["销"] == f"销{CUT}销"
    assert (RULES["Ａ"], RULES["A"], RULES["２"]) == ("a", "a", "2")
    assert RULES["罕"] == RULES["\u3000"] == " "
    assert RULES["\u200b"] == ""
    assert "a" not in RULES


@given(st.integers(1, 5), st.integers(0, 2**31))
def test_rows_in_eight_bits_are_off_by_half_a_scale_at_most(n_rows: int, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(n_rows, 8)).astype(np.float32)
    eight_bits, scales = quantize(rows)

    assert (np.abs(eight_bits * scales[:, None] - rows) <= scales[:, None] * 0.501).all()


def test_a_row_of_nothing_stays_nothing() -> None:
    eight_bits, scales = quantize(np.zeros((1, 3), dtype=np.float32))

    assert eight_bits.tolist() == [[0, 0, 0]]
    assert scales.tolist() == [1.0]


def test_a_saved_table_is_read_back(tmp_path: Path) -> None:
    save(tmp_path, table=TABLE, tokenizer=TOKENIZER)
    (row,) = StaticEncoder(tmp_path).encode_query(["注销银行卡"])

    whole = VECTORS[KNOWN.ids("注销银行卡")].sum(axis=0)
    assert row.tolist() == pytest.approx((whole / np.linalg.norm(whole)).tolist(), abs=0.02)


# --- sources --------------------------------------------------------------------------------------------------


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the open data's, with invented contents."""
    folder = tmp_path_factory.mktemp("data")
    rules = [f"第{n}类卡片的持有人应当在{n}日内办理第{n}项手续。逾期的，按第{n}款处理。" for n in range(1, 40)]
    write(
        folder,
        "train_text/laws_zh.jsonl",
        [{"title": "卡片条例", "text": "\n".join(f"第{'一二三四五六七八九'[n]}条 {rules[n]}" for n in range(9))}],
    )
    write(
        folder,
        "stard_zh/corpus.jsonl",
        [{"_id": f"p{n}", "title": f"办法{n}", "text": rule} for n, rule in enumerate(rules)],
    )
    write(folder, "stard_zh/queries.jsonl", [{"_id": str(n), "text": f"第{n}类卡几天内去办？"} for n in range(1, 40)])
    (folder / "stard_zh/qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "".join(f"{n}\tp{n - 1}\t1\n" for n in range(1, 40)), encoding="utf-8"
    )
    write(
        folder,
        "zh_mrc_retrieval/corpus.jsonl",
        [
            {"_id": "a", "title": "桥", "text": "这座桥建于一九零一年。"},
            {"_id": "b", "title": "河", "text": "这条河流入大海。"},
        ],
    )
    write(
        folder,
        "zh_mrc_retrieval/queries.jsonl",
        [{"_id": "x", "text": "桥是哪年建的"}, {"_id": "y", "text": "河流到哪里"}],
    )
    (folder / "zh_mrc_retrieval/qrels.tsv").write_text("x\ta\t1\ny\tb\t1\n", encoding="utf-8")
    section = {
        "heading": "注册设备",
        "heading_en": "enroll a device",
        "text": "在设置中选择注册，然后按照屏幕上的说明操作，直到看见完成二字为止，最后点击完成。",
    }
    write(folder, "zh_procedures_intune/docs.jsonl", [{"sections": [section]}])
    write(
        folder,
        "zh_procedures_intune/procedures.jsonl",
        [{"doc_title": "设备", "heading": "注册", "steps": ["打开设置并选择注册设备。", "点完成。"]}],
    )
    write(
        folder,
        "zh_procedures_intune/heading_pairs_zh_en.jsonl",
        [{"zh": "重命名设备", "en": "rename a device"}, {"zh": "删除设备", "en": "remove a device"}],
    )
    write(
        folder,
        "train_text/tatoeba_zh_en.jsonl",
        [{"zh": "你好。", "en": "Hello."}, {"zh": "我们走吧。", "en": "Let us go."}],
    )
    write(
        folder,
        "train_text/cc_cedict.jsonl",
        [
            {"zh": "注销", "en": ["to cancel (an account)"]},
            {"zh": "卡片", "en": ["card", "variant of 卡"]},
            {"zh": "A", "en": ["letter"]},
        ],
    )
    write(folder, "train_text/chinese_open_wordnet.jsonl", [{"zh": ["撤销", "取消", "废除"]}, {"zh": ["单个"]}])
    for name in ("banking77/train.jsonl", "clinc150_oos/train.jsonl"):
        write(
            folder,
            name,
            [{"text": f"{verb} my card {n}", "intent": verb} for verb in ("close", "find") for n in range(4)],
        )
    write(
        folder,
        "bitext_customer_support/data.jsonl",
        [{"instruction": f"cancel order {n}", "intent": "cancel"} for n in range(4)],
    )
    return folder


@pytest.fixture(scope="module")
def own_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own text, but for the questions that belong to laws which the invented data lacks."""
    folder = tmp_path_factory.mktemp("own")
    for file in sources.OWN_TEXT.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    write(folder, "law_questions.jsonl", [{"article": "卡片条例第一条", "question": "第一种卡要几天办好"}])
    return folder


def test_every_source_gives_pairs_of_one_size(data: Path, own_text: Path) -> None:
    pairs = sources.read_pairs(data, seed=0, own_text=own_text)

    assert pairs.keys() == {source.name for source in sources.sources((0,), own_text)}
    assert {name for name, found in pairs.items() if not found or len({len(pair) for pair in found}) != 1} == set()
    assert ("注销", "to cancel") in pairs["cc_cedict"]
    assert ("卡片", "card") in pairs["cc_cedict"]
    assert all(words[0] != words[1] for words in pairs["chinese_open_wordnet"])
    assert pairs["own law questions"] == [
        ("第一种卡要几天办好", "卡片条例第一条\n第1类卡片的持有人应当在1日内办理第1项手续。逾期的，按第1款处理。")
    ]


def test_the_same_seed_gives_the_same_pairs(data: Path, own_text: Path) -> None:
    once = sources.read_pairs(data, seed=4, own_text=own_text)

    assert once == sources.read_pairs(data, seed=4, own_text=own_text)
    assert once != sources.read_pairs(data, seed=5, own_text=own_text)


def test_questions_of_the_folds_held_back_are_not_learnt_from(data: Path, own_text: Path) -> None:
    asked = {pair[0] for pair in sources.read_pairs(data, seed=0, held_back=(0, 3), own_text=own_text)["stard_zh"]}

    assert asked == {f"第{n}类卡几天内去办？" for n in range(1, 40) if sources.fold_of(str(n)) not in {0, 3}}


def test_a_hard_negative_is_near_by_its_words_and_not_relevant(data: Path, own_text: Path) -> None:
    for question, relevant, other in sources.read_pairs(data, seed=0, own_text=own_text)["stard_zh"]:
        number = question.removeprefix("第").partition("类")[0]
        assert relevant.startswith(f"办法{int(number) - 1}\n")
        assert other != relevant


def test_a_missing_file_of_the_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnusableInput, match=r"`--data` must be a folder with the training data; .*laws_zh\.jsonl"):
        sources.read_pairs(tmp_path, seed=0)
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2


def test_every_law_question_of_our_own_is_a_question_about_an_article_of_law() -> None:
    rows = [
        json.loads(line) for line in (sources.OWN_TEXT / "law_questions.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    assert len(rows) > 2_000
    assert [row for row in rows if set(row) != {"article", "question"} or "第" not in row["article"]] == []


# --- the whole recipe -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_small_training_gives_a_model_and_goes_on_after_a_stop(
    data: Path, own_text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.training import train

    monkeypatch.setattr(train, "Recipe", small(train.Recipe))
    monkeypatch.chdir(tmp_path)
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    common = ["--data", str(data), "--own-text", str(own_text), "--seed", "1", "--steps", "24"]

    assert main([*common, "--out", str(whole)]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(train.FeatureBag, "forward", stopping_after(40, train.FeatureBag.forward))
        with pytest.raises(KeyboardInterrupt):
            main([*common, "--out", str(stopped)])
    assert [path.name for path in (stopped / "checkpoints").iterdir()] == ["checkpoint-12"]
    assert main([*common, "--out", str(stopped)]) == 0

    encoder = StaticEncoder(whole)
    one, same, other = encoder.encode_query(["注销公交卡", "cancel bus card", "门禁卡丢了"])
    assert encoder.dimensions == 16
    assert one @ same > one @ other
    made = json.loads((whole / "training.json").read_text(encoding="utf-8"))
    assert [stage["recipe"]["n_steps"] for stage in made["stages"]] == [24]
    assert made["stages"][0]["held_back_folds"] == [0]
    assert StaticEncoder(stopped).encode_query(["注销公交卡"]).shape == (1, 16)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_run_after_another_goes_on_from_its_vectors_and_keeps_its_features(
    data: Path, own_text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.training import train

    monkeypatch.setattr(train, "Recipe", small(train.Recipe))
    monkeypatch.chdir(tmp_path)
    first, second = tmp_path / "first", tmp_path / "second"
    more_text = tmp_path / "more"
    more_text.mkdir()
    for file in own_text.iterdir():
        (more_text / file.name).write_bytes(file.read_bytes())
    write(more_text, "procedures.jsonl", [{"passage": "驫驫驫", "questions": ["驫驫", "驫"]}])
    assert main(["--data", str(data), "--own-text", str(own_text), "--steps", "12", "--out", str(first)]) == 0
    checkpoint = first / "checkpoints" / "checkpoint-12"
    # So slow a learner stays where it began, had it begun anew that would be elsewhere.
    further = ["--steps", "12", "--learning-rate", "1e-9", "--after", str(checkpoint)]
    assert main(["--data", str(data), "--own-text", str(more_text), "--out", str(second), *further]) == 0

    before, after = (train.FeatureBag.load(str(f / "checkpoints" / "checkpoint-12")) for f in (first, second))
    assert "驫" not in after.vocabulary.numbers
    assert after.vocabulary.numbers == before.vocabulary.numbers
    assert np.abs(after.vectors - before.vectors).max() < 1e-6
    stages = json.loads((second / "training.json").read_text(encoding="utf-8"))["stages"]
    assert [stage["recipe"]["learning_rate"] for stage in stages] == [0.01, 1e-9]
    assert [stage["n_pairs"]["own procedures"] for stage in stages] == [14_499, 2]


def test_a_run_cannot_go_on_from_one_that_has_not_ended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    after = tmp_path / "run" / "checkpoints" / "checkpoint-12"
    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--after", str(after)]

    assert main(arguments) == 2
    assert "`--after` must be `checkpoints/checkpoint-N` in the folder of a run that ended" in caplog.text


def small(recipe: Callable[..., object]) -> Callable[[], object]:
    return lambda: recipe(dimensions=16, batch_size=64, truncations=(8,), warmup_steps=2, save_every=12)


def stopping_after(n_calls: int, forward: Callable[..., object]) -> Callable[..., object]:
    calls = itertools.count(1)

    def stopped(*arguments: object, **named: object) -> object:
        if next(calls) > n_calls:
            raise KeyboardInterrupt
        return forward(*arguments, **named)

    return stopped

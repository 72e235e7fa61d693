from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.feedback import REASONS, Feedback, FeedbackStore
from assistant.page.conversation import shown
from assistant.page.routes import add_routes
from corpus.errors import UnusableInput
from tests.fake_assistant import PROCEDURE, FakeAssistant

KEY = "0123456789abcdef-0"
ANSWER = shown(PROCEDURE, FakeAssistant().document).offering(("要多久？",)).model_dump(mode="json")


class Reports:
    """A board with one outcome; `asked` holds the ids that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def report(self, outcome_id: str) -> str:
        self.asked.append(outcome_id)
        if outcome_id != "cards.20261128T120000000000Z":
            raise UnusableInput(f"`outcome_id` must be the id of an outcome that is kept; got {outcome_id!r}.")
        return "<!doctype html><title>报告</title>"


class Place:
    def __init__(self, folder: Path) -> None:
        self.store = FeedbackStore(folder / "feedback.sqlite3")
        self.board = Reports()
        self._api = FastAPI()
        add_routes(self._api, self.store, self.board)  # type: ignore[arg-type]

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._api)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def judge(self, **values: Any) -> httpx.Response:  # noqa: ANN401 - JSON
        """What comes back for a judgement with these fields changed."""
        return self.send(json.dumps(judgement(**values)).encode())

    def send(self, body: bytes, kind: str = "application/json") -> httpx.Response:
        return self.request("POST", "/api/feedback", content=body, headers={"content-type": kind})

    def kept(self) -> list[Feedback]:
        return list(self.store.all())


def judgement(**values: object) -> dict[str, object]:
    return {"key": KEY, "verdict": "up", "turns": ["我的卡", "交通卡"], "answer": ANSWER} | values


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# Feedback


def test_a_verdict_is_kept_with_what_it_is_about_and_nothing_of_the_page(place: Place) -> None:
    response = place.judge(verdict="down", reason="incomplete", comment="少了一步")

    assert (response.status_code, response.json()) == (200, {"kept": True})
    assert response.headers["cache-control"] == "no-store"
    (kept,) = place.kept()
    assert (kept.turns, kept.verdict, kept.reason, kept.comment, kept.language) == (
        ("我的卡", "交通卡"),
        "down",
        "incomplete",
        "少了一步",
        "zh",
    )
    assert kept.created_at.endswith("+00:00")
    told = {"outcome", "text", "steps", "citations", "options", "reason", "language", "notice", "left_out"}
    assert set(kept.answer) == told
    assert kept.answer["text"] == PROCEDURE.text
    assert [citation["quote"] for citation in kept.answer["citations"]] == ["带上身份证件。", "填写申请表。"]


def test_a_second_verdict_replaces_the_first(place: Place) -> None:
    place.judge(verdict="down", reason="wrong")
    place.judge(verdict="up")

    assert [(kept.verdict, kept.reason) for kept in place.kept()] == [("up", "")]


def test_answers_are_judged_each_for_itself(place: Place) -> None:
    for key in (KEY, "0123456789abcdef-1", "f123456789abcdef-0"):
        assert place.judge(key=key).status_code == 200

    assert len(place.kept()) == 3


def test_a_verdict_is_withdrawn_by_an_empty_one(place: Place) -> None:
    place.judge()
    place.judge(key="0123456789abcdef-1")
    response = place.judge(verdict="")

    assert (response.status_code, response.json()) == (200, {"kept": False})
    assert len(place.kept()) == 1


def test_withdrawing_what_was_never_given_makes_no_file(place: Place) -> None:
    assert place.judge(verdict="").json() == {"kept": False}
    assert not place.store.path.exists()


@pytest.mark.parametrize("reason", ["", *REASONS])
def test_every_reason_of_the_page_is_kept(place: Place, reason: str) -> None:
    assert place.judge(verdict="down", reason=reason).status_code == 200
    assert [kept.reason for kept in place.kept()] == [reason]


def test_personal_numbers_are_masked_in_what_is_kept(place: Place) -> None:
    place.judge(verdict="down", turns=["卡号 6222021234567890123"], comment="打 13812345678 找我")

    (kept,) = place.kept()
    assert (kept.turns, kept.comment) == (("卡号 ****0123",), "打 ****5678 找我")
    assert b"13812345678" not in place.store.path.read_bytes()


def test_the_key_of_a_conversation_is_not_kept(place: Place) -> None:
    place.judge()

    assert b"0123456789abcdef" not in place.store.path.read_bytes()


@pytest.mark.parametrize(
    ("values", "place_named"),
    [
        ({"key": "x"}, "key"),
        ({"key": "0123456789abcdef-1234"}, "key"),
        ({"key": "0123456789abcdef-0\n"}, "key"),
        ({"key": "../../etc/passwd"}, "key"),
        ({"key": None}, "key"),
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": True}, "verdict"),
        ({"verdict": None}, "verdict"),
        ({"reason": "because"}, "reason"),
        ({"comment": "x" * 2001}, "comment"),
        ({"comment": "\ud800"}, "comment"),
        ({"comment": 7}, "comment"),
        ({"turns": []}, "turns"),
        ({"turns": ["x"] * 51}, "turns"),
        ({"turns": "x"}, "turns"),
        ({"turns": [" "]}, "turns.0"),
        ({"turns": ["x", "\x1c\x1f"]}, "turns.1"),
        ({"turns": ["x", ""]}, "turns.1"),
        ({"turns": ["x" * 4001]}, "turns.0"),
        ({"turns": ["\udc80"]}, "turns.0"),
        ({"answer": None}, "answer"),
        ({"answer": ANSWER | {"outcome": "error"}}, "answer.outcome"),
        ({"answer": ANSWER | {"text": "x" * 60_001}}, "answer.text"),
        ({"answer": ANSWER | {"language": "de"}}, "answer.language"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence_that_names_the_place(
    place: Place, values: dict[str, object], place_named: str
) -> None:
    response = place.judge(**values)

    assert response.status_code == 422
    assert response.json()["error"].startswith(f"`{place_named}` cannot be used: ")
    assert response.json()["error"].endswith(".")
    assert len(response.content) < 500
    assert not place.store.path.exists()


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"7"])
def test_a_body_that_is_no_judgement_is_refused(place: Place, body: bytes) -> None:
    response = place.send(body)

    assert response.status_code == 422
    assert response.json()["error"].startswith("`body` cannot be used: ")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"verdict": "up", "verdict": "down"}', b"[" * 100_000, b'{"key": NaN}'],
    ids=["empty", "cut", "no UTF-8", "a key twice", "deep", "not a number"],
)
def test_a_body_that_is_no_json_is_refused(place: Place, body: bytes) -> None:
    response = place.send(body)

    assert response.status_code == 400
    assert response.json()["error"].startswith("The body")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_site_is_refused(place: Place, kind: str) -> None:
    response = place.send(json.dumps(judgement()).encode(), kind)

    assert (response.status_code, response.json()) == (
        415,
        {"error": "The body must be sent as `Content-Type: application/json`."},
    )
    assert not place.store.path.exists()


def test_a_store_that_cannot_be_written_is_told_without_its_folder(place: Place) -> None:
    place.store.path.write_bytes(b"another program's file, and a long one" * 100)
    response = place.judge()

    assert response.status_code == 503
    assert "`feedback` must be a file of this program" in response.json()["error"]
    assert str(place.store.path.parent) not in response.text


def test_a_store_in_use_is_told_and_the_verdict_can_be_given_again(place: Place) -> None:
    place.judge()
    with closing(sqlite3.connect(place.store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        refused = place.judge(key="0123456789abcdef-1")
        other.execute("ROLLBACK")

    assert refused.status_code == 503
    assert "in use. Try again." in refused.json()["error"]
    assert place.judge(key="0123456789abcdef-1").status_code == 200


@given(
    st.dictionaries(
        st.sampled_from(["key", "verdict", "reason", "comment", "turns", "answer"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
        ),
        min_size=1,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_any_judgement_is_kept_or_refused_and_never_fails(place: Place, values: dict[str, object]) -> None:
    response = place.judge(**values)

    assert response.status_code in (200, 422)
    assert set(response.json()) == ({"kept"} if response.status_code == 200 else {"error"})


def test_nobody_fills_the_store_with_verdicts(place: Place) -> None:
    # What is no verdict counts as well, and takes no time to be written.
    statuses = [place.send(b"{").status_code for _ in range(160)]

    assert statuses[:120] == [400] * 120
    assert statuses[-1] == 429
    refused = place.judge()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "Try again in a minute" in refused.json()["error"]
    assert place.kept() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_feedback_is_only_posted(place: Place, method: str) -> None:
    assert place.request(method, "/api/feedback").status_code == 405


# Reports


def test_a_report_is_served_as_a_page_by_its_id(place: Place) -> None:
    response = place.request("GET", "/evaluations/cards.20261128T120000000000Z")

    assert (response.status_code, response.text) == (200, "<!doctype html><title>报告</title>")
    assert response.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("outcome_id", ["absent", "cards", "..", "%2e%2e", "%2e%2e%2frecord.json", "<script>", "a%00b"])
def test_an_unknown_report_is_refused_as_json(place: Place, outcome_id: str) -> None:
    response = place.request("GET", f"/evaluations/{outcome_id}")

    assert response.status_code == 404
    assert "text/html" not in response.headers["content-type"]


@pytest.mark.parametrize(
    "path", ["/evaluations/", "/evaluations", "/evaluations/cards.20261128T120000000000Z/record.json"]
)
def test_nothing_but_an_id_is_a_report(place: Place, path: str) -> None:
    assert place.request("GET", path).status_code == 404
    assert place.board.asked == []

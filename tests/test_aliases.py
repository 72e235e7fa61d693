from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from corpus.aliases import DEFAULT_FILE, Aliases, Card, _spellings, load_aliases
from corpus.errors import UnusableInput
from corpus.normalize import normalize


def put(folder: Path, text: str) -> Path:
    file = folder / "cards.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_entries_are_read_with_folded_names(tmp_path: Path) -> None:
    file = put(
        tmp_path,
        """
        [[card]]
        name = "交通卡"
        en = "Transport Card"
        names = ["公車卡", "公交ＩＣ卡", "交通卡"]
        cues = ["捷運"]

        [[card]]
        name = "八达通"
        broader = "交通卡"

        [[card]]
        name = "身份证"
        document = true

        [generic]
        names = ["Smart Card*"]

        [other]
        names = ["打卡"]
        """,
    )

    assert asdict(load_aliases(file)) == asdict(
        Aliases(
            cards=(
                Card(
                    name="交通卡",
                    en="Transport Card",
                    names=("交通卡", "公车卡", "公交ic卡", "transport card", "transportcard"),
                    cues=("捷运",),
                ),
                Card(name="八达通", names=("八达通",), broader="交通卡"),
                Card(name="身份证", names=("身份证",), document=True),
            ),
            generic=("smart card*",),
            other=("打卡",),
        )
    )


def test_each_choice_in_brackets_is_a_name_and_a_hyphen_may_be_left_out(tmp_path: Path) -> None:
    file = put(
        tmp_path,
        """
        [[card]]
        name = "拼车卡"
        form = true
        names = ["拼车(月|)(卡|证)", "(car-pool|shared ride) card*"]
        """,
    )

    assert load_aliases(file).cards == (
        Card(
            name="拼车卡",
            names=("拼车卡", "拼车月卡", "拼车月证", "拼车证", "car-pool card*", "car pool card*", "shared ride card*"),
            form=True,
        ),
    )


def test_a_card_of_one_english_word_is_also_written_together(tmp_path: Path) -> None:
    file = put(tmp_path, '[[card]]\nname = "缆车卡"\nnames = ["tram card*", "cable car card*", "tram pass*"]')

    assert load_aliases(file).cards[0].names == ("缆车卡", "tram card*", "tramcard*", "cable car card*", "tram pass*")


def test_a_name_is_none_where_a_word_goes_on(tmp_path: Path) -> None:
    aliases = load_aliases(put(tmp_path, '[[card]]\nname = "江海通"\n[goes_on]\n"通" = "知|行"'))

    never = aliases.never_before("江海通")
    assert never is not None
    assert (bool(never.match("知")), bool(never.match("怎"))) == (True, False)
    assert aliases.never_before("江海卡") is None
    assert aliases.never_before("开通") is None  # a word of two characters names no card of a town


def test_an_empty_file_has_no_cards(tmp_path: Path) -> None:
    assert asdict(load_aliases(put(tmp_path, ""))) == {"cards": (), "generic": (), "other": (), "goes_on": ()}


def test_a_card_without_a_name_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"`cards\.toml`: every \[\[card\]\] must have 'name'\. Add it\."):
        load_aliases(put(tmp_path, '[[card]]\nen = "card"\n'))


def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"`cards\.toml` must be TOML; .*line 2.*Mend the line it names\."):
        load_aliases(put(tmp_path, '[[card]]\nname = "交通卡\n'))


def test_the_shipped_list_has_each_card_once_and_every_broader_kind() -> None:
    cards = load_aliases().cards
    names = [card.name for card in cards]

    assert len(cards) >= 150
    assert sorted(set(names)) == sorted(names)
    assert {card.broader for card in cards} - {""} <= set(names)


def test_the_shipped_names_are_folded_and_each_card_has_an_english_name() -> None:
    aliases = load_aliases()

    assert [name for card in aliases.cards for name in card.names if name != normalize(name)] == []
    assert [card.name for card in aliases.cards if not card.en.isascii() or not card.en] == []


def test_a_shipped_name_is_of_two_cards_only_where_the_one_below_says_that_it_is_shared() -> None:
    owners: dict[str, list[str]] = {}
    for card in load_aliases().cards:
        for name in card.names:
            owners.setdefault(name, []).append(card.name)
    raw = tomllib.loads(DEFAULT_FILE.read_text(encoding="utf-8"))["card"]
    shared = {
        spelled: entry["name"] for entry in raw for name in entry.get("shared", ()) for spelled in _spellings(name)
    }

    assert shared
    assert {name: cards[1:] for name, cards in owners.items() if len(cards) > 1} == {
        name: [card] for name, card in shared.items()
    }

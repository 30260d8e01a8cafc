"""Which packs hold: those that are shipped, and the operator's own beside or instead of them."""

from pathlib import Path

import pytest

from mobilesasa import tap
from mobilesasa.node.rulepacks import SHIPPED, BadPacks, packs_of, read_file
from mobilesasa.settings import BadSettings, Settings
from mobilesasa.settings.model import Rules

OWN = """
country = "{country}"
prefixes = ["{prefix}"]
zone = "Africa/Nairobi"
[promotional]
suffix = " STOP to 40404"
"""


def own(folder: Path, country: str, prefix: str, name: str = "") -> None:
    (folder / f"{name or country.lower()}.toml").write_text(OWN.format(country=country, prefix=prefix))


def packs(folder: Path | None, *countries: str):
    return packs_of(Settings(rules=Rules(packs=countries, folder=folder)))


def problems(folder: Path | None, *countries: str) -> list[str]:
    with pytest.raises(BadPacks) as caught:
        packs(folder, *countries)
    return list(caught.value.problems)


def test_every_pack_that_is_shipped_can_be_read_and_is_called_as_its_country():
    names = [file.name for file in SHIPPED.iterdir()]
    assert names
    assert names == [f"{read_file(SHIPPED / name).country.lower()}.toml" for name in names]


def test_that_of_kenya_holds_where_nothing_is_set():
    (pack,) = packs_of(Settings()).packs
    rules = pack.rules["promotional"]
    assert (pack.country, pack.prefixes, rules.suffix) == ("KE", ("254",), " STOP*456*9*5#")
    assert rules.hours is not None
    assert (rules.hours.zone.key, set(rules.hours.days)) == ("Africa/Nairobi", {((480, 1080),)})


def test_no_pack_holds_where_none_is_named():
    assert packs(None).packs == ()


def test_a_pack_of_the_folder_is_read_instead_of_that_which_is_shipped(tmp_path):
    own(tmp_path, "KE", "254")
    own(tmp_path, "TZ", "255")
    assert [(pack.country, pack.rules["promotional"].suffix) for pack in packs(tmp_path, "KE", "TZ").packs] == [
        ("KE", " STOP to 40404"),
        ("TZ", " STOP to 40404"),
    ]


def test_what_is_not_in_the_folder_is_that_which_is_shipped(tmp_path):
    assert packs(tmp_path, "KE").packs[0].rules["promotional"].suffix == " STOP*456*9*5#"


def test_a_pack_that_nobody_has_is_named_with_where_it_was_looked_for(tmp_path):
    assert problems(None, "XX", "KE") == [
        "rules.packs: there is no pack xx.toml among those that are shipped; rules.folder says where your own are"
    ]
    assert f"in {tmp_path} nor among those" in problems(tmp_path, "XX")[0]


def test_a_pack_is_called_as_its_country(tmp_path):
    own(tmp_path, "UG", "256", "tz")
    assert problems(tmp_path, "TZ") == [f'{tmp_path}/tz.toml: country is "UG", and the file is called as that of TZ']


def test_two_packs_are_not_for_the_same_numbers(tmp_path):
    own(tmp_path, "TZ", "254")
    (problem,) = problems(tmp_path, "KE", "TZ")
    assert problem == f"{tmp_path}/tz.toml: prefixes has 254, as {SHIPPED / 'ke.toml'} has"


@pytest.mark.parametrize(
    ("written", "said"),
    [(b"country = ", "is not TOML"), (b"\xff", "is not UTF-8 text"), (b'country = "TZ"', "prefixes must be a list")],
)
def test_a_pack_that_cannot_be_read_is_named(tmp_path, written, said):
    (tmp_path / "tz.toml").write_bytes(written)
    found = problems(tmp_path, "TZ")
    assert all(problem.startswith(f"{tmp_path}/tz.toml: ") for problem in found)
    assert any(said in problem for problem in found)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"tz\.toml: cannot be read: No such file"):
        read_file(tmp_path / "tz.toml")


def test_a_node_does_not_start_with_a_pack_that_cannot_be_read():
    with pytest.raises(BadSettings, match=r"there is no pack xx\.toml"):
        tap.check(Settings(rules=Rules(packs=("XX",))))

"""`mobilesasa rules show|check`."""

import pytest

TANZANIA = """
country = "TZ"
prefixes = ["255", "25578"]
zone = "Africa/Dar_es_Salaam"
[transactional]
[promotional.hours]
saturday = [["09:00", "13:00"], ["20:00", "02:00"]]
sunday = []
other_days = [["08:00", "24:00"]]
"""


def test_what_holds_is_shown(ask, run):
    (found,) = ask("rules", "show")["rules"]
    assert found.pop("file").endswith("ke.toml")
    assert found.pop("waits_until", "missing") != "missing"  # it depends on the time of day
    assert found == {
        "country": "KE",
        "class": "promotional",
        "prefixes": ["254"],
        "suffix": " STOP*456*9*5#",
        "zone": "Africa/Nairobi",
        "hours": dict.fromkeys(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "08:00–18:00"
        ),
    }
    assert "every day 08:00–18:00" in run("rules", "show").stdout


def test_where_no_pack_holds_that_is_said(run):
    assert run("rules", "show", MOBILESASA_RULES_PACKS="off").stdout == "no rule pack holds\n"


def test_a_pack_that_the_settings_name_and_nobody_has_is_one_line(run):
    result = run("rules", "show", MOBILESASA_RULES_PACKS="XX")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "there is no pack xx.toml" in result.stderr


def test_a_pack_is_checked_and_shown(ask, run, tmp_path):
    file = tmp_path / "tz.toml"
    file.write_text(TANZANIA)
    promotional, transactional = ask("rules", "check", file)["rules"]
    assert promotional["hours"]["saturday"] == "09:00–13:00 and 20:00–02:00"
    assert (promotional["hours"]["sunday"], promotional["hours"]["monday"]) == ("quiet", "08:00–24:00")
    assert (transactional["hours"], transactional["zone"], transactional["suffix"]) == (None, None, None)
    shown = run("rules", "check", file).stdout
    assert "saturday 09:00–13:00 and 20:00–02:00, sunday quiet" in shown
    assert "255, 25578" in shown


@pytest.mark.parametrize("written", ["country = 1", "country"])
def test_every_fault_of_a_pack_is_named_and_the_status_is_1(ask, run, tmp_path, written):
    file = tmp_path / "tz.toml"
    file.write_text(written)
    problems = ask("rules", "check", file, status=1)["problems"]
    assert all(problem.startswith(f"{file}: ") for problem in problems)
    assert run("rules", "check", file).stdout.splitlines() == problems

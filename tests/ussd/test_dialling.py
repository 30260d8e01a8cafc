"""What service codes and extensions may be, and what stands in what is dialled."""

import pytest

from mobilesasa.core.errors import BadValue
from mobilesasa.ussd.dialling import (
    checked_code,
    checked_extension,
    checked_networks,
    checked_new_code,
    checked_new_extension,
    checked_on,
    checked_words,
    dialled_parts,
)
from mobilesasa.ussd.views import Answering, CodeKind, NewCode, NewExtension, dial_of, path_of


@pytest.mark.parametrize(
    ("dialled", "parts"),
    [
        ("*384#", ("384", "")),
        ("*384*7#", ("384", "7")),
        (" *384*7*2# ", ("384", "7*2")),
        ("*#06#", ("06", "")),
        ("#123#", ("123", "")),
        ("*384*John#", ("384", "John")),
    ],
)
def test_what_is_dialled_is_a_code_and_what_stands_behind(dialled, parts):
    assert dialled_parts(dialled) == parts


@pytest.mark.parametrize("dialled", ["", "384", "*384", "384#", "*384*7", "*384**#x", "*#", "**#", "*384#7#"])
def test_what_nobody_can_dial_is_refused(dialled):
    with pytest.raises(BadValue, match=r"\*384\*7#"):
        dialled_parts(dialled)


def test_codes_and_extensions_may_be_written_as_they_are_dialled():
    assert checked_code(" *384# ") == checked_code("384") == "384"
    assert checked_extension("*7*2#") == checked_extension("7*2") == "7*2"
    assert checked_extension("") == ""


@pytest.mark.parametrize("code", ["", "x", "1" * 13, "38 4", "384*7", "٣٨٤"])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(BadValue):
        checked_code(code)


@pytest.mark.parametrize("extension", ["x", "7**2", "**7", "7*", "1*" * 20 + "1", "٧", "7 2"])
def test_what_is_no_extension_is_refused(extension):
    with pytest.raises(BadValue):
        checked_extension(extension)


def test_a_dedicated_code_is_had_as_a_whole_and_a_shared_one_in_parts():
    assert checked_on(CodeKind.DEDICATED, "") == ""
    assert checked_on(CodeKind.SHARED, "7") == "7"
    with pytest.raises(BadValue, match="whole"):
        checked_on(CodeKind.DEDICATED, "7")
    with pytest.raises(BadValue, match="shared"):
        checked_on(CodeKind.SHARED, "")


def test_a_code_is_kept_without_blanks_and_doubles():
    new = NewCode(
        code="*384#", kind=CodeKind.SHARED, networks=[" Safaricom ", "Safaricom", "Telkom  Kenya"], note=" a "
    )
    kept = checked_new_code(new)
    assert (kept.code, kept.networks, kept.note) == ("384", ["Safaricom", "Telkom Kenya"], "a")


@pytest.mark.parametrize("networks", [[""], ["x" * 65], ["a\x00b"], [str(n) for n in range(51)]])
def test_networks_that_cannot_be_are_refused(networks):
    with pytest.raises(BadValue):
        checked_networks(networks)


@pytest.mark.parametrize("words", ["x" * 1001, "a\x00b"])
def test_words_that_cannot_be_kept_are_refused(words):
    with pytest.raises(BadValue, match="a note"):
        checked_words(words, "a note")


def test_one_answers_at_an_extension_at_most():
    alone = Answering(smpp=True)
    assert checked_new_extension(NewExtension(code="384", extension="*7#", answering=alone)).answering is alone
    two = Answering(callback_url="https://acme.example", smpp=True)
    with pytest.raises(BadValue, match="one answers"):
        checked_new_extension(NewExtension(code="384", extension="7", answering=two))


def test_what_is_dialled_and_called_is_written_one_way():
    assert (dial_of("384", "7"), dial_of("384", "")) == ("*384*7#", "*384#")
    assert path_of("savanna", "k3Jd") == "/ussd/savanna/k3Jd"

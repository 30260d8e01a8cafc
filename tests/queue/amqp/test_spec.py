"""The specification as data, held to another client's."""

import inspect
from importlib.metadata import version

import pika.spec
import pytest

from mobilesasa.queue.amqp.client import SPEC

OURS = {"ticket": "reserved_1", "global_qos": "global"}  # theirs: ours
RESERVED = {  # what 0-9-1 renamed, as it was called before
    ("connection", "open"): {"capabilities": "reserved_1", "insist": "reserved_2"},
    ("connection", "open-ok"): {"known_hosts": "reserved_1"},
    ("channel", "open"): {"out_of_band": "reserved_1"},
    ("channel", "open-ok"): {"channel_id": "reserved_1"},
    ("basic", "get-empty"): {"cluster_id": "reserved_1"},
}
ELSEWHERE = {"Access", "BasicProperties"}  # a class of 0-8 that the other client still has; the fields of a class

METHODS = {
    (class_name.lower(), method.NAME.partition(".")[2]): method
    for class_name, klass in vars(pika.spec).items()
    if inspect.isclass(klass) and hasattr(klass, "INDEX") and class_name not in ELSEWHERE
    for method in vars(klass).values()
    if inspect.isclass(method) and hasattr(method, "INDEX")
}


def our_name(class_name: str, method_name: str) -> tuple[str, str]:
    """Return `basic`, `get-ok` for `basic`, `GetOk`."""
    return class_name, "".join(f"-{each.lower()}" if each.isupper() else each for each in method_name).lstrip("-")


THEIRS = {our_name(*name): method for name, method in METHODS.items()}


def test_txamqp_is_the_release_whose_faults_are_known():
    """Our client reaches into it; another release is to be read and tried before this number changes."""
    assert version("txAMQP") == "0.8.2"


def test_the_version_is_0_9_1s():
    assert (SPEC.major, SPEC.minor) == (0, 9)


def test_there_is_every_method_and_no_other():
    ours = {(klass.name, method.name) for klass in SPEC.classes for method in klass.methods}
    assert ours == set(THEIRS)


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_a_method_has_its_numbers_and_fields(name):
    class_name, method_name = name
    theirs = THEIRS[name]
    klass = SPEC.classes.byname[class_name]
    method = klass.methods.byname[method_name]
    assert klass.id << 16 | method.id == theirs.INDEX
    renamed = OURS | RESERVED.get(name, {})
    fields = [each for each in inspect.signature(theirs.__init__).parameters if each != "self"]
    assert [each.name.replace("-", "_") for each in method.fields] == [
        renamed.get(each, each.rstrip("_")) for each in fields
    ]


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_a_method_that_is_asked_has_its_answers(name):
    class_name, method_name = name
    answers = SPEC.classes.byname[class_name].methods.byname[method_name].responses
    try:
        theirs = THEIRS[name]()
    except TypeError:  # it has fields without a default
        theirs = THEIRS[name](*([0] * (len(inspect.signature(THEIRS[name].__init__).parameters) - 1)))
    assert bool(answers) == theirs.synchronous
    for answer in answers:
        assert answer.response
        assert answer.name.startswith((method_name, "get"))


def test_the_properties_of_a_message_are_in_their_order():
    fields = inspect.signature(pika.spec.BasicProperties.__init__).parameters
    assert [each.name.replace("-", "_") for each in SPEC.classes.byname["basic"].fields] == list(fields)[1:]

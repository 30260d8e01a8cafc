"""The examples of docs/contacts.rst are those of their routes, and run as written."""

from pathlib import Path

import pytest

from mobilesasa.api.root import make_app
from tests.api.people import PEOPLE, PeopleRig
from tests.curl import Example, examples

EXAMPLES = examples((Path(__file__).parents[2] / "docs" / "contacts.rst").read_text())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.command.splitlines()[0])
def test_an_example_is_that_of_its_route_and_runs_as_written(example: Example):
    rig = PeopleRig()
    assert example.command in [row.curl.split("\n\n")[0] for row in make_app(rig.node)[1]]
    wants_nobody = example.command.startswith("curl -X POST https://api.yourdomain.com/api/v1/contacts \\")
    jane = rig.contacts.give("254722000111" if wants_nobody else "254712345678")
    removes = example.command.startswith("curl -X DELETE")
    group = rig.contacts.give_group("Others", 1, *([jane] if removes else []))
    old = rig.contacts.give("254733000111")
    erased = rig.post(f"/contacts/{old.uuid}/erase", {"phone": "0733000111"}).data["uuid"]
    places = {"contact-uuid": jane.uuid, "group-uuid": group.uuid, "erasure-uuid": erased}
    places["upload-uuid"] = rig.uploads.give().uuid
    method, path, headers, body = example.request(PEOPLE, places)
    assert rig.ask(method, path, body, **headers).data is not None

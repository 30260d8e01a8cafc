"""A whole node against what its own OpenAPI document says may be sent, and what may not (`make fuzz` does it for longer)."""

import pytest

from tests.fuzz.api import QUICK, prepared, run
from tests.whole.programs import Node


@pytest.mark.timeout(150)
def test_whatever_is_sent_no_answer_is_a_failure_of_ours_or_one_that_is_not_documented(node: Node):
    node.smpp_port = None
    node.start()
    ran = run(node, prepared(node), *QUICK, "--max-time", "40")
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    assert node.get("/readyz")[0] == 200
    assert " error " not in node.program.said
    assert [check["name"] for check in node.command("audit")["checks"] if check["wrong"]] == []

"""The API against all that its own document says may be sent, and much that may not: `make fuzz` runs this.

Schemathesis reads the OpenAPI document of a running node and makes calls of it: each bound and each type crossed, then
at random. Whatever comes, no answer may be a failure of ours, and each is one that the document has.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from mobilesasa.core.scopes import OPERATORS_SCOPES
from tests.whole.programs import HOST, Node, eventually

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance"),
)
#: Calls that would end the run: the token that it uses, the login, its team, and what reaches out to other machines.
LEFT_OUT = ("revoke_token", "change_one_team", "test_webhook", "redeliver", "replay_deliveries")
QUICK = ("--phases", "examples,coverage")


def prepared(node: Node) -> str:
    """Make a team with all scopes, a carrier and a message; return its token."""
    node.team("FUZZ", 100_000)
    node.quickly("carrier", "add", "sandbox", "--kind", "sandbox")
    node.quickly("route", "add", "--prefix", "", "--carrier", "sandbox")
    scopes = ",".join(scope for scope in OPERATORS_SCOPES if not scope.endswith(":read"))
    made = node.quickly("token", "create", "--team", "FUZZ", "--name", "fuzz", "--scopes", scopes)
    token = str(made["raw_token"])
    body = {"to": "+254712345678", "message": "Hello", "sender_id": "TextBlast"}
    eventually(lambda: node.call(token, "/messages", body)[0] == 200, "the node knows the token and the carrier")
    return token


def run(node: Node, token: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Fuzz a node; the status is 0 where nothing was found, and what was found is printed."""
    arguments = [sys.executable, "-W", "ignore", "-m", "schemathesis.cli", "run", "--no-color", "--workers", "2"]
    arguments += ["--checks", ",".join(CHECKS), "--header", f"Authorization: Bearer {token}", "--warnings", "off"]
    for name in LEFT_OUT:
        arguments += ["--exclude-operation-id", name]
    document = f"http://{HOST}:{node.http_port}/api/v1/openapi.json"
    with tempfile.TemporaryDirectory(prefix="mbs-fuzz-") as folder:
        return subprocess.run([*arguments, *options, document], cwd=folder, text=True, capture_output=True, check=False)


def main() -> None:
    """Fuzz a node of our own for a while."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mbs-fuzz-") as made:
        folder = Path(made)
        folder.chmod(0o711)  # the database runs as a user of its own when we are root
        node = Node(folder, smpp_port=None)
        node.start()
        try:
            ran = run(node, prepared(node), "--max-time", str(asked.seconds))
        finally:
            node.stop()
    sys.stdout.write(ran.stdout + ran.stderr)
    sys.exit(ran.returncode)


if __name__ == "__main__":
    main()

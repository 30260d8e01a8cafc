"""Documents that go with requests for sender names, by REST (decision 36)."""

import pytest

from tests.api.rig import TOKENS, Rig, directory, token

TEAM = "mbs_team"
PDF = b"%PDF-1.7 a certificate"


@pytest.fixture
def rig():
    made = Rig()
    made.directory.now = directory(tokens=[*TOKENS, token(TEAM, scopes=("team",)), token("mbs_theirs", 2, ("team",))])
    return made


def send(rig, octets, token=TEAM, name="certificate.pdf", **headers):
    line = "line"
    body = (
        f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + octets
        + f"\r\n--{line}--\r\n".encode()
    )
    given = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={line}"} | headers
    return rig.ask("POST", "/api/v1/sender-ids/documents", body, **given)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [(PDF, "application/pdf"), (b"\x89PNG\r\n\x1a\n.", "image/png"), (b"\xff\xd8\xff.", "image/jpeg")],
)
def test_decision_36_a_document_is_sent_and_read_again(rig, octets, kind):
    sent = send(rig, octets).data
    assert (sent["name"], sent["content_type"], sent["octets"]) == ("certificate.pdf", kind, len(octets))
    read = rig.get(f"/sender-ids/documents/{sent['uuid']}", token=TEAM)
    assert (read.status, read.headers["content-type"], read.octets) == (200, kind, octets)


def test_what_is_no_document_is_refused_whatever_it_is_called(rig):
    for octets in (b"MZ", b"", b"<html>"):
        assert send(rig, octets).refusal == (400, "bad_file")
    assert rig.files.kept == []


def test_a_document_that_is_sent_again_under_its_key_is_kept_once(rig):
    first = send(rig, PDF, Idempotency_Key="k")
    again = send(rig, PDF, Idempotency_Key="k")
    assert (again.data, again.headers["idempotent-replayed"]) == (first.data, "true")
    assert len(rig.files.kept) == 1


def test_another_team_s_document_is_not_there(rig):
    uuid = send(rig, PDF).data["uuid"]
    assert rig.get(f"/sender-ids/documents/{uuid}", token="mbs_theirs").refusal == (404, "not_found")
    assert rig.get("/sender-ids/documents/x", token=TEAM).refusal == (404, "not_found")


def test_documents_are_for_the_scope_team(rig):
    assert send(rig, PDF, token="mbs_acme").refusal == (403, "missing_scope")
    assert rig.get("/sender-ids/documents/x").refusal == (403, "missing_scope")

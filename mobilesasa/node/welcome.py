"""What a person reads when the node has started."""

from __future__ import annotations

from mobilesasa.store.directory import DEMO_EMAIL, DemoTeam


def welcome(demo: DemoTeam | None, http: str | None, https: str | None, smpp: str | None, smpp_tls: str | None) -> str:
    """Return the lines to print: where the node listens, and on an empty store the demo team and how to send.

    Args:
        demo: the demo team with its token and login, if it was made just now.
        http, https, smpp, smpp_tls: `host:port` of what is served, None for what is not.
    """
    lines = ["", "mobilesasa is up. Ctrl-C stops it.", ""]
    address = _address(http, https)
    if address is not None:
        lines.append(f"  Dashboard      {address}/")
    if http is not None:
        lines.append(f"  API and docs   http://{http}/docs")
    if https is not None:
        lines.append(f"  over HTTPS     https://{https}/docs")
    if smpp is not None:
        lines.append(f"  SMPP           {smpp}")
    if smpp_tls is not None:
        lines.append(f"  SMPP over TLS  {smpp_tls}")
    if demo is not None:
        lines += _first_steps(demo, address, smpp)
    return "\n".join([*lines, "", ""])


def _address(http: str | None, https: str | None) -> str | None:
    return f"http://{http}" if http is not None else f"https://{https}" if https is not None else None


def _first_steps(demo: DemoTeam, address: str | None, smpp: str | None) -> list[str]:
    team = demo.created.team
    senders = ", ".join(sender.name for sender in demo.created.senders)
    lines = [
        "",
        f"  Demo team      {team.code}, {team.balance_units:,} units, approved sender {senders}",
        f"  API token      {demo.raw_token}",
        "                 (shown this once; `mobilesasa token create` makes another)",
    ]
    if demo.password is not None:
        lines += [
            f"  Login          {DEMO_EMAIL}, password {demo.password}",
            f"                 (shown this once; `mobilesasa user password {DEMO_EMAIL}` makes another)",
        ]
    if address is not None:
        lines += [
            "",
            "  Send a message to the sandbox carrier:",
            "",
            f"  curl -X POST {address}/api/v1/messages \\",
            f'       -H "Authorization: Bearer {demo.raw_token}" \\',
            '       -H "Content-Type: application/json" \\',
            """       -d '{"to": "+254700000001", "message": "Hello from Mobile Sasa!", "sender_id": "TextBlast"}'""",
            "",
            "  and a few seconds later, with the uuid that came back:",
            "",
            f'  curl {address}/api/v1/messages/UUID -H "Authorization: Bearer {demo.raw_token}"',
        ]
    if smpp is not None:
        host, port = smpp.rsplit(":", 1)
        lines += ["", f"  By SMPP: host {host}, port {port}, system_id {team.code}, password: the token"]
    return lines

import traceback
from pathlib import Path

import pytest

from mobilesasa.queue.amqp.url import AmqpUrl, BadUrl, parse_url

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("amqp://broker", AmqpUrl(host="broker", port=5672)),
        ("amqp://broker/", AmqpUrl(host="broker", port=5672, vhost="/")),
        ("amqp://broker/%2F", AmqpUrl(host="broker", port=5672, vhost="/")),
        ("amqp://broker/sms", AmqpUrl(host="broker", port=5672, vhost="sms")),
        ("amqp://broker/a%2Fb%20%C3%A9", AmqpUrl(host="broker", port=5672, vhost="a/b é")),
        ("AMQP://Broker:5673", AmqpUrl(host="broker", port=5673)),
        ("amqps://broker", AmqpUrl(host="broker", port=5671, tls=True)),
        ("amqp://me:s3%2Fcr%40t@broker", AmqpUrl(host="broker", port=5672, user="me", password="s3/cr@t")),
        ("amqp://me@broker", AmqpUrl(host="broker", port=5672, user="me")),
        ("amqp://me:@broker", AmqpUrl(host="broker", port=5672, user="me", password="")),
        ("amqp://[::1]:5673/v", AmqpUrl(host="::1", port=5673, vhost="v")),
        ("amqp://broker?heartbeat=0", AmqpUrl(host="broker", port=5672, heartbeat_s=0)),
        (
            "amqps://broker/v?heartbeat=7&ca=/etc/ca%20file.pem",
            AmqpUrl(host="broker", port=5671, tls=True, vhost="v", heartbeat_s=7, ca_file=Path("/etc/ca file.pem")),
        ),
    ],
)
def test_a_url_says_where_and_who(text, url):
    assert parse_url(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins with amqp"),
        ("broker:5672", "begins with amqp"),
        ("http://broker", "begins with amqp"),
        ("amqp://", "names no host"),
        ("amqp:///v", "names no host"),
        ("amqp://me:s3cret@", "names no host"),
        ("amqp://broker:port", "port"),
        ("amqp://broker:0", "port"),
        ("amqp://broker:65536", "port"),
        ("amqp://[::1", "host cannot be read"),
        ("amqp://broker/a/b", "written %2F"),
        ("amqp://broker/%FF", "the vhost .* is not UTF-8"),
        ("amqp://%FF@broker", "the user .* is not UTF-8"),
        ("amqp://broker/" + "v" * 256, "up to 255 octets"),
        ("amqp://a%00b@broker", "NUL"),
        ("amqp://broker/?heartbeat=65536", "heartbeat .* 0 to 65535"),
        ("amqp://broker/?heartbeat=-1", "heartbeat .* 0 to 65535"),
        ("amqp://broker/?heartbeat=", "heartbeat .* 0 to 65535"),
        ("amqp://broker/?heartbeat=000000", "heartbeat .* 0 to 65535"),
        ("amqp://broker/?heartbeat=٣", "heartbeat .* 0 to 65535"),
        ("amqp://broker/?ca=/etc/ca.pem", "amqps:// only"),
        ("amqps://broker/?ca=", "names a file"),
        ("amqp://broker/?frame_max=1&heartbeat=1", "frame_max .* is unknown; known are heartbeat and ca"),
    ],
)
def test_what_is_wrong_is_named(text, why):
    with pytest.raises(BadUrl, match=why):
        parse_url(text)


@pytest.mark.parametrize("mark", ["/", "?", "#", "@", ":", "%", "[", "%FF", "%00", "1?", "1/", "&", "="])
@pytest.mark.parametrize("place", ["broker", "broker:5672/v", ""])
def test_a_password_is_in_no_error_however_it_is_misspelt(mark, place):
    text = f"amqp://me:{mark}{SECRET}{mark}@{place}"
    try:
        url = parse_url(text)
    except BadUrl as error:
        said = "".join(traceback.format_exception_only(error)) + repr(error.__cause__)
    else:
        said = f"{url} {url!r}"
    assert SECRET not in said


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
def test_a_password_is_in_no_text_of_a_url(scheme):
    url = parse_url(f"{scheme}://me:{SECRET}@broker/v")
    assert SECRET not in repr(url)
    assert str(url) == f"{scheme}://me@broker:{url.port}/v"


def test_the_place_of_an_address_is_bracketed():
    assert parse_url("amqp://[::1]").place == "[::1]:5672"
    assert str(parse_url("amqp://[::1]")) == "amqp://guest@[::1]:5672/"

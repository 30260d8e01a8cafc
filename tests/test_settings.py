"""The settings: defaults, the places they come from, all that is wrong at once, and their page of documentation."""

import re
from pathlib import Path

import pytest

from mobilesasa.settings import BadSettings, Settings, describe, load
from mobilesasa.settings.model import FIELDS
from mobilesasa.settings.shown import masked

PAGE = Path(__file__).parents[1] / "docs" / "settings.rst"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(text, name="mobilesasa.toml"):
    path = Path(name)
    path.write_text(text)
    return path


def problems(environ=None, config_path=None, **options):
    with pytest.raises(BadSettings) as caught:
        load(environ or {}, config_path, options)
    return list(caught.value.problems)


def test_nothing_set_is_the_embedded_node_on_this_machine_alone(tmp_path):
    settings = load({})
    assert (settings.http_port, settings.smpp_port, settings.smpp_tls_port) == (8080, 2775, 2776)
    assert (settings.bind_host, settings.database_url, settings.amqp_url) == ("127.0.0.1", "", "")
    assert settings.state_dir == tmp_path / "var"
    assert settings.roles == ("api", "smsc", "dispatch", "jobs")
    assert settings.demo


def test_the_limits_customers_were_told_are_the_defaults():
    smpp = load({}).smpp
    assert (smpp.max_sessions_per_team, smpp.session_tps, smpp.enquire_link_s, smpp.idle_timeout_s) == (5, 50, 30, 60)


def test_reading_settings_makes_nothing(tmp_path):
    load({"MOBILESASA_STATE_DIR": str(tmp_path / "a" / "b")})
    assert list(tmp_path.iterdir()) == []


def test_the_environment_wins_over_the_file_and_an_option_over_both():
    written("http_port = 1001\nsmpp_port = 1002\nsmpp_tls_port = 1003\n[smpp]\nwindow = 7\n")
    settings = load(
        {"MOBILESASA_SMPP_PORT": "2002", "MOBILESASA_SMPP_TLS_PORT": "2003"}, options={"smpp_tls_port": "3003"}
    )
    assert (settings.http_port, settings.smpp_port, settings.smpp_tls_port, settings.smpp.window) == (
        1001,
        2002,
        3003,
        7,
    )


def test_the_file_is_the_one_that_was_asked_for():
    written("http_port = 1")
    named, asked = written("http_port = 2", "named.toml"), written("http_port = 3", "asked.toml")
    assert load({}).http_port == 1
    assert load({"MOBILESASA_CONFIG": str(named)}).http_port == 2
    assert load({"MOBILESASA_CONFIG": str(named)}, asked).http_port == 3


def test_an_empty_variable_is_not_set():
    assert load({"MOBILESASA_HTTP_PORT": "", "MOBILESASA_CONFIG": ""}).http_port == 8080


def test_variables_of_others_and_of_the_tests_are_left_alone():
    assert load({"PATH": "/bin", "MOBILESASA_TEST_ANYTHING": "1"}) == load({})


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("65535", 65535), ("off", None), ("-1", None), (" 80 ", 80)])
def test_a_port_is_a_number_or_off(text, port):
    assert load({"MOBILESASA_HTTP_PORT": text}).http_port == port


def test_free_ports_do_not_clash():
    ports = {"MOBILESASA_HTTP_PORT": "0", "MOBILESASA_SMPP_PORT": "0", "MOBILESASA_SMPP_TLS_PORT": "0"}
    assert load(ports).smpp_port == 0


def test_roles_are_a_list_in_the_file_and_have_commas_in_the_environment():
    assert load({}, written('roles = ["dispatch", "api"]')).roles == ("api", "dispatch")
    assert load({"MOBILESASA_ROLES": "smsc, api ,api"}).roles == ("api", "smsc")


def test_proxies_and_sites_are_lists_in_the_file_and_have_commas_in_the_environment():
    named = load(
        {}, written('[http]\ntrusted_proxies = ["10.0.0.0/8", "::1"]\ncors_origins = ["https://App.example/"]')
    ).http
    assert (named.trusted_proxies, named.cors_origins) == (("10.0.0.0/8", "::1/128"), ("https://app.example",))
    said = {
        "MOBILESASA_HTTP_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,",
        "MOBILESASA_HTTP_CORS_ORIGINS": "*,http://[::1]:8080",
    }
    told = load(said, written("")).http
    assert (told.trusted_proxies, told.cors_origins) == (("127.0.0.1/32", "10.0.0.0/8"), ("*", "http://[::1]:8080"))


def test_ports_are_a_list_that_may_be_empty():
    assert load({}, written("[webhooks]\nports = [8443, 443]")).webhooks.ports == (8443, 443)
    assert load({}, written("[webhooks]\nports = []")).webhooks.ports == ()
    assert load({"MOBILESASA_WEBHOOKS_PORTS": "80, 443"}).webhooks.ports == (80, 443)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("", ""),
        ("https://GO.example.com/", "https://go.example.com"),
        ("https://example.com:8443/go/Sms", "https://example.com:8443/go/Sms"),
        ("http://127.0.0.1:8080/l", "http://127.0.0.1:8080/l"),
        ("http://localhost/l", "http://localhost/l"),
    ],
)
def test_short_links_begin_with_an_https_address_or_one_of_this_machine(said, read):
    assert load({"MOBILESASA_LINKS_BASE_URL": said}).links.base_url == read


@pytest.mark.parametrize("said", ["off", " OFF "])
def test_rule_packs_are_countries_or_off(said):
    assert load({}).rules.packs == ("KE",)
    assert load({"MOBILESASA_RULES_PACKS": said}).rules.packs == ()
    assert load({"MOBILESASA_RULES_PACKS": "ke, TZ,ke"}).rules.packs == ("KE", "TZ")
    assert load({}, written("[rules]\npacks = []")).rules.packs == ()


def test_localhost_is_an_address():
    assert load({"MOBILESASA_BIND_HOST": "localhost"}).bind_host == "127.0.0.1"
    assert load({"MOBILESASA_BIND_HOST": "::"}).bind_host == "::"


@pytest.mark.parametrize("word", ["true", "yes", "on", "1", "TRUE"])
def test_a_flag_is_said_in_several_words(word):
    assert load({"MOBILESASA_DEMO": word}).demo is True
    assert load({}, written("demo = false")).demo is False


def test_a_database_may_be_on_a_socket():
    url = "postgresql:///sms?host=/run/postgresql"
    assert load({"MOBILESASA_DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize("said", ["smpp.example.com", "SMPP.Example.com", "192.0.2.7", "2001:db8::7", ""])
def test_a_public_host_is_a_name_or_an_address(said):
    assert load({}, written(f'[smpp]\npublic_host = "{said}"')).smpp.public_host == said.lower()


@pytest.mark.parametrize("said", ["smpp.example.com:2775", "smpp://example.com", "two words", "<b>", "-x", "a..b"])
def test_a_public_host_with_anything_beside_its_name_is_refused(said):
    assert problems({}, written(f'[smpp]\npublic_host = "{said}"')) == [
        f"mobilesasa.toml: smpp.public_host must be a host's name or IP address without a port, not {said!r}"
    ]


def test_an_empty_file_name_is_none():
    assert load({}, written('[smpp]\ntls_key_file = ""')).smpp.tls_key_file is None


def test_a_certificate_and_its_key_are_files():
    chain, key = written("", "chain.pem"), written("", "key.pem")
    smpp = load({"MOBILESASA_SMPP_TLS_CERTIFICATE_FILE": "chain.pem", "MOBILESASA_SMPP_TLS_KEY_FILE": "key.pem"}).smpp
    assert (smpp.tls_certificate_file, smpp.tls_key_file) == (chain.absolute(), key.absolute())


def test_all_that_is_wrong_is_named_at_once():
    config = written('colour = "red"\nnode = "no blanks"\n[smpp]\nwindow = 0\n[http]\ntimeout_s = "soon"\n')
    found = problems({"MOBILESASA_HTTP_PORT": "70000", "MOBILESASA_HTPP_PORT": "1"}, config)
    assert found == [
        "mobilesasa.toml: colour is no setting",
        "MOBILESASA_HTPP_PORT is no setting; did you mean MOBILESASA_HTTP_PORT?",
        "mobilesasa.toml: node must be 1 to 63 letters, digits, '.', '-' or '_', not 'no blanks'",
        "MOBILESASA_HTTP_PORT: http_port must be a port from 0 to 65535, or off, not '70000'",
        "mobilesasa.toml: smpp.window must be from 1 to 10000, not 0",
        "mobilesasa.toml: http.timeout_s must be a number, not 'soon'",
    ]


def test_the_error_is_readable_as_it_is():
    assert str(BadSettings(["a is wrong"])) == "one setting is wrong:\n  - a is wrong"
    assert str(BadSettings(["a is wrong", "b too"])) == "2 settings are wrong:\n  - a is wrong\n  - b too"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PORT", "65536"),
        ("HTTP_PORT", "-2"),
        ("HTTP_PORT", "http"),
        ("BIND_HOST", "example.org"),
        ("ROLES", "api,cook"),
        ("ROLES", ","),
        ("NODE", "-x"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "INFO"),
        ("DEMO", "maybe"),
        ("STATE_DIR", "a\0b"),
        ("STATE_DIR", "~nobody-of-that-name/var"),
        ("DATABASE_URL", "mysql://db/sms"),
        ("DATABASE_URL", "postgresql:sms"),
        ("DATABASE_URL", "postgresql:///sms"),
        ("DATABASE_URL", "postgresql://db:port/sms"),
        ("AMQP_URL", "http://broker"),
        ("SMPP_WINDOW", "1.5"),
        ("SMPP_WINDOW", "9" * 5000),
        ("SMPP_IDLE_TIMEOUT_S", "nan"),
        ("SMPP_IDLE_TIMEOUT_S", "inf"),
        ("SMPP_TLS_KEY_FILE", "nowhere.pem"),
        ("SMPP_TLS_KEY_FILE", "x" * 5000),
        ("STORE_POOL_SIZE", "0"),
        ("HTTP_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("HTTP_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("HTTP_TRUSTED_PROXIES", "127.0.0.1,proxy.example"),
        ("HTTP_PROXY_HEADER", "x-real-ip"),
        ("HTTP_CORS_ORIGINS", "app.example"),
        ("HTTP_CORS_ORIGINS", "https://app.example/page"),
        ("DISPATCH_LEASE_S", "-1"),
        ("RULES_PACKS", "Kenya"),
        ("LINKS_BASE_URL", "go.example.com"),
        ("LINKS_BASE_URL", "http://go.example.com"),
        ("LINKS_BASE_URL", "https://user:word@go.example.com"),
        ("LINKS_BASE_URL", "https://go.example.com/?to="),
        ("LINKS_BASE_URL", "https://go.example.com:port"),
        ("LINKS_BASE_URL", "https://go.example.com/a b"),
        ("LINKS_BASE_URL", "https://gö.example.com"),
        ("LINKS_BASE_URL", "https://[::1"),
        ("RULES_PACKS", "KE,2"),
    ],
)
def test_a_wrong_value_is_refused_by_its_variable(variable, value):
    (problem,) = problems({f"MOBILESASA_{variable}": value})
    assert problem.startswith(f"MOBILESASA_{variable}: ")


@pytest.mark.parametrize(
    "line",
    [
     "http_port = true", "demo = 1", "state_dir = 5", "roles = []", "roles = 1", "bind_host = 1", "database_url = 1",
     "log_level = 1",
     "http.trusted_proxies = 1", "http.trusted_proxies = [1]", "http.cors_origins = true", "http.cors_origins = [1]",
     "webhooks.ports = [0]", "webhooks.ports = [70000]", "webhooks.ports = 1", "links.base_url = 1",
     "smpp.idle_timeout_s = true", "smpp.window = 1.0", "smpp = 1", "node = ['a']", "roles = ['cook']"],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused(line):
    assert len(problems({}, written(line))) == 1


@pytest.mark.parametrize("url", ["mysql://team:geheim@db/sms", "postgresql://team:geheim@db:port/sms"])
def test_a_refused_address_does_not_repeat_its_password(url):
    assert "geheim" not in problems({"MOBILESASA_DATABASE_URL": url})[0]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("smpp.port", "smpp_port"), ("window", "smpp.window"), ("smpp_window", "smpp.window"), ("htp_port", "http_port")],
)
def test_an_unknown_name_comes_with_the_one_that_was_meant(name, meant):
    assert problems({}, written(f"{name} = 1"))[0].endswith(f"{name} is no setting; did you mean {meant}?")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"port 5", "is not TOML"), (b"node = '\xff'", "is not UTF-8"), (None, "cannot be read: No such file")],
)
def test_a_file_that_cannot_be_read_is_named(content, said):
    if content is not None:
        Path("bad.toml").write_bytes(content)
    assert [
        each for each in problems({"MOBILESASA_CONFIG": "bad.toml"}) if said in each and each.startswith("bad.toml: ")
    ]


def test_two_listeners_on_one_port_are_refused():
    found = problems({"MOBILESASA_HTTP_PORT": "2775", "MOBILESASA_SMPP_TLS_PORT": "2775"})
    assert found == [
        "smpp_port and http_port are both 2775; two listeners cannot share a port",
        "smpp_tls_port and smpp_port are both 2775; two listeners cannot share a port",
    ]


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"MOBILESASA_SMPP_IDLE_TIMEOUT_S": "30"}, "smpp.enquire_link_s"),
        ({"MOBILESASA_DISPATCH_LEASE_S": "5"}, "dispatch.sweep_interval_s"),
        ({"MOBILESASA_SMPP_TLS_KEY_FILE": "mobilesasa.toml"}, "smpp.tls_certificate_file"),
        ({"MOBILESASA_HTTP_TLS_CERTIFICATE_FILE": "mobilesasa.toml"}, "http.tls_certificate_file"),
        ({"MOBILESASA_HTTPS_PORT": "2775"}, "smpp_port and https_port"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(environ, name):
    written("")
    assert problems(environ)[0].startswith(name)


def test_a_state_folder_below_a_file_is_refused():
    written("", "taken")
    (problem,) = problems({"MOBILESASA_STATE_DIR": "taken/var"})
    assert problem.endswith("is not a folder")


def test_a_state_folder_that_is_not_ours_is_refused(monkeypatch):
    # root may write anywhere, so the answer of the system is played
    monkeypatch.setattr("mobilesasa.settings.loading.os.access", lambda *asked: False)
    assert "no right to write" in problems()[0]


def test_a_state_folder_with_an_impossible_name_is_refused():
    assert "cannot be reached" in problems({"MOBILESASA_STATE_DIR": "x" * 5000})[0]


def test_a_strange_host_name_still_makes_a_node(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "büro 7." + "x" * 80)
    assert load({}).node.startswith("b-ro-7.xxx")
    monkeypatch.setattr("socket.gethostname", lambda: "")
    assert load({}).node == "node"


def test_settings_do_not_print_their_passwords():
    settings = load({"MOBILESASA_DATABASE_URL": "postgresql://team:geheim@db/sms?password=auch"})
    assert "geheim" not in repr(settings)
    shown = {each.name: each for each in describe(settings)}
    assert shown["database_url"].value == "postgresql://team:***@db/sms?***"
    assert masked("amqp://broker:5672/a") == "amqp://broker:5672/a"


def test_each_setting_is_shown_with_its_source():
    shown = {
        each.name: each[1:3] for each in describe(load({"MOBILESASA_HTTP_PORT": "off"}, written("smpp.window = 5")))
    }
    assert shown["http_port"] == ("off", "MOBILESASA_HTTP_PORT")
    assert shown["smpp.window"] == ("5", "mobilesasa.toml")
    assert shown["demo"] == ("true", "default")
    assert shown["smpp.idle_timeout_s"] == ("60", "default")
    assert shown["smpp.tls_key_file"] == ("", "default")
    assert shown["roles"] == ("api,smsc,dispatch,jobs", "default")
    assert [*shown] == [field.name for field in FIELDS]


def test_settings_made_by_hand_have_no_sources():
    assert {each.source for each in describe(Settings(http_port=0))} == {"default"}


def test_a_default_passes_its_own_check():
    for field in FIELDS:
        default = field.attribute.default
        value = default.factory() if hasattr(default, "factory") else default
        if value is not None:
            assert field.read(value) == value


def test_a_duration_has_its_unit_in_its_name():
    units = {"seconds": "_s", "hours": "_h", "octets": "_octets", "octets a second": "_octets_per_s"}
    assert [field.name for field in FIELDS if not field.name.endswith(units.get(field.unit, ""))] == []
    assert [field.name for field in FIELDS if re.search(r"_[sh]$", field.name) and field.unit not in units] == []


def lines_of_the_page():
    """The lines that docs/settings.rst must have, one a setting."""
    for field in FIELDS:
        unit = f" {field.unit}" if field.unit else ""
        yield f"``{field.name}`` (``{field.variable}``)\n   {field.doc} Default: {field.default_shown}{unit}.\n"


@pytest.mark.parametrize("line", list(lines_of_the_page()), ids=[field.name for field in FIELDS])
def test_the_documentation_says_effect_unit_and_default_of(line):
    assert f"\n{line}" in PAGE.read_text()


def test_the_documentation_knows_no_setting_that_is_gone():
    assert set(re.findall(r"\(``(MOBILESASA_\w+)``\)", PAGE.read_text())) == {field.variable for field in FIELDS}

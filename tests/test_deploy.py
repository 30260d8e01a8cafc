"""What `deploy/` holds fits the program: settings, units, containers, alarms and the dashboard name what is there."""

import configparser
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from mobilesasa.dispatch.fleet import DRAIN_S
from mobilesasa.node.files import needed
from mobilesasa.node.metrics import STANDING, make_metrics
from mobilesasa.settings import load
from mobilesasa.settings.model import FIELDS, Field
from mobilesasa.tap import Options
from tests.node.test_metrics import RABBITMQ, SmallOutbox, carrier, parts_of, server
from tests.test_packaging import SOURCES

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
SETTINGS = DEPLOY / "mobilesasa.toml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
RULES = DEPLOY / "prometheus" / "mobilesasa.rules.yml"
PAGE = ROOT / "docs" / "operations.rst"

#: Metrics that no node serves: Prometheus' own, and RabbitMQ's.
OF_OTHERS = {"up"}
#: Labels that Prometheus puts to what it scraped.
SCRAPED = {"job", "instance"}

systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="allowed: there is no systemd-analyze here"
)
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="allowed: there is no promtool here")


# The settings


def uncommented() -> str:
    """The example with every setting in force."""
    return re.sub(r"^# (\w+ = )", r"\1", SETTINGS.read_text(), flags=re.MULTILINE)


def flat(text: str) -> dict[str, object]:
    """What a file of settings says, by full name, in its order."""
    found: dict[str, object] = {}
    for name, value in tomllib.loads(text).items():
        found.update(
            {f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, dict) else {name: value}
        )
    return found


def test_the_example_of_settings_is_read_without_an_error(tmp_path):
    settings = load({}, SETTINGS, {"state_dir": str(tmp_path)})
    assert settings.database_url
    assert settings.amqp_url
    assert settings.bind_host == "0.0.0.0"


def test_the_example_has_every_setting_and_no_other():
    assert list(flat(uncommented())) == [field.name for field in FIELDS]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_example_says_what_a_setting_does_and_its_default(field):
    unit = f" {field.unit}" if field.unit else ""
    said = f"# {field.doc} Default: {field.default_shown}{unit}."
    assert re.search(rf"^{re.escape(said)}\n(# )?{field.attribute.name} = ", SETTINGS.read_text(), re.MULTILINE)


def in_words(field: Field) -> bool:
    """Whether the default can be told but not written down, so that an example stands in its place."""
    return field.attribute.default is None or hasattr(field.attribute.default, "factory")


@pytest.mark.parametrize("field", [field for field in FIELDS if not in_words(field)], ids=lambda field: field.name)
def test_a_setting_that_is_commented_out_has_its_default(field):
    if field.name not in flat(SETTINGS.read_text()):
        assert field.read(flat(uncommented())[field.name]) == field.attribute.default


# The units


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",), inline_comment_prefixes=None)
    parser.optionxform = str
    parser.read(path)
    return parser


@systemd
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_with_a_unit(path, tmp_path):
    copy = tmp_path / path.name.replace("@", "@one")
    copy.write_text(path.read_text().replace("/opt/mobilesasa/bin/twistd", "/bin/true"))
    ran = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, timeout=30)
    ours = [line for line in (ran.stdout + ran.stderr).splitlines() if copy.name in line]
    assert (ran.returncode, ours) == (0, [])


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_node_with_options_that_it_knows(path, tmp_path):
    words = unit(path)["Service"]["ExecStart"].split()
    assert words[:4] == ["/opt/mobilesasa/bin/twistd", "-n", "--pidfile=", "mobilesasa"]
    assert words[4:] == ["--config", "/etc/mobilesasa.toml"]
    options = Options()
    options.parseOptions(["--config", str(_empty(tmp_path)), "--state-dir", str(tmp_path)])
    assert options["config"]


def _empty(folder: Path) -> Path:
    path = folder / "mobilesasa.toml"
    path.write_text("")
    return path


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_leaves_a_node_the_time_to_drain_and_its_open_files(path, tmp_path):
    service = unit(path)["Service"]
    assert int(service["TimeoutStopSec"]) >= DRAIN_S + 10
    assert int(service["LimitNOFILE"]) >= needed(load({}, None, {"state_dir": str(tmp_path)}))
    assert (service["KillMode"], service["Restart"]) == ("mixed", "always")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_as_a_plain_user_in_a_folder_of_its_own(path):
    service = unit(path)["Service"]
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("mobilesasa", "yes", "strict")
    assert service["CapabilityBoundingSet"] == ""
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


def test_the_two_units_are_hardened_alike():
    one, many = (
        dict(unit(DEPLOY / "systemd" / name)["Service"]) for name in ("mobilesasa.service", "mobilesasa@.service")
    )
    own = {"StateDirectory", "WorkingDirectory", "Environment", "EnvironmentFile"}
    assert {key: value for key, value in one.items() if key not in own} == {
        key: value for key, value in many.items() if key not in own
    }


def test_the_variables_of_a_unit_are_settings():
    named = {name for path in UNITS for name in re.findall(r"MOBILESASA_[A-Z_]+", path.read_text())}
    assert named - {field.variable for field in FIELDS} == set()


# The containers


def instructions() -> list[tuple[str, str]]:
    """The lines of the Dockerfile, the continued ones joined."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_is_built_from_all_that_a_wheel_needs():
    copied = {
        name for word, rest in instructions() if word == "COPY" and "--from" not in rest for name in rest.split()[:-1]
    }
    assert copied == {name for name in SOURCES if (ROOT / name).exists()}


def test_the_container_runs_a_node_as_a_plain_user_and_asks_it_whether_it_is_ready():
    said = dict(instructions())
    assert said["USER"] == "mobilesasa"
    assert json.loads(said["CMD"]) == ["twistd", "-n", "--pidfile=", "mobilesasa"]
    assert "/readyz" in said["HEALTHCHECK"]
    ports = {
        str(field.attribute.default) for field in FIELDS if field.name.endswith("_port") and field.attribute.default
    }
    assert set(said["EXPOSE"].split()) == ports


def test_the_variables_of_the_containers_are_settings():
    texts = [(DEPLOY / name).read_text() for name in ("Dockerfile", "docker-compose.yml")]
    named = {name for text in texts for name in re.findall(r"MOBILESASA_[A-Z_]+", text)}
    assert named - {field.variable for field in FIELDS} == set()


def test_the_cluster_is_two_nodes_of_different_names_on_one_database_and_one_broker():
    services = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"postgres", "rabbitmq", "migrate", "node-1", "node-2"}
    one, two = (services[name] for name in ("node-1", "node-2"))
    assert (one["environment"]["MOBILESASA_NODE"], two["environment"]["MOBILESASA_NODE"]) == ("node-1", "node-2")
    for variable in ("MOBILESASA_DATABASE_URL", "MOBILESASA_AMQP_URL"):
        assert one["environment"][variable] == two["environment"][variable]
    assert set(one["ports"]).isdisjoint(two["ports"])
    assert int(one["stop_grace_period"].removesuffix("s")) >= DRAIN_S + 10


def test_what_a_service_of_the_cluster_waits_for_is_there_and_says_when_it_is_well():
    services = yaml.safe_load((DEPLOY / "docker-compose.yml").read_text())["services"]
    for service in services.values():
        for name, asked in service.get("depends_on", {}).items():
            assert asked["condition"] != "service_healthy" or "healthcheck" in services[name]


# The alarms and the dashboard


@pytest.fixture(scope="module")
def served() -> dict[str, list[dict[str, str]]]:
    """The labels of every sample that a node serves, by its name."""
    standing = {key: number for number, key in enumerate(STANDING)} | {"trouble": "", "parts_taken": 1}
    parts = parts_of(smpp=server(), outbox=SmallOutbox(), running=[carrier("safari", standing)], rabbitmq=RABBITMQ)
    found = defaultdict(list)
    for family in text_string_to_metric_families(make_metrics(parts)().decode()):
        for sample in family.samples:
            found[sample.name].append(sample.labels)
    return found


def alarms() -> list[dict[str, object]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def board() -> dict[str, object]:
    return json.loads((DEPLOY / "grafana" / "mobilesasa.json").read_text())


def panels() -> list[dict[str, object]]:
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def expressions() -> list[tuple[str, str]]:
    """Every query, with where it stands."""
    shown = [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]
    asked = [("annotations", each["expr"]) for each in board()["annotations"]["list"]]
    return [(rule["alert"], rule["expr"]) for rule in alarms()] + shown + asked


def selectors(expression: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """The metrics of a query, each with what is asked of its labels: name, operator, value."""
    bare = re.sub(r"\bby \([^)]*\)", "", expression)
    found = re.findall(r"\b([a-z][a-z0-9_]*)\b(?!\s*\()(?:\{([^}]*)\})?", bare)
    asked = re.compile(r'(\w+)(=~|!=|!~|=)"([^"]*)"')
    return [(name, asked.findall(labels)) for name, labels in found if name not in {"and", "or", "unless", "offset"}]


def test_the_metrics_and_labels_of_a_query_are_found():
    assert selectors("sum by (carrier) (rate(mobilesasa_a[5m])) > 0 unless mobilesasa_b_total offset 10m") == [
        ("mobilesasa_a", []),
        ("mobilesasa_b_total", []),
    ]
    assert selectors('count(up{job="x", instance=~"a|b"} == 1) or vector(0)') == [
        ("up", [("job", "=", "x"), ("instance", "=~", "a|b")])
    ]


@pytest.mark.parametrize("expression", [pytest.param(each, id=where) for where, each in expressions()])
def test_a_query_asks_for_metrics_and_labels_that_a_node_serves(expression, served):
    found = selectors(expression)
    assert found
    for name, labels in found:
        if name in OF_OTHERS:
            continue
        assert name in served
        for label, operator, value in labels:
            values = {sample.get(label) for sample in served[name]}
            assert label in SCRAPED or values != {None}, f"{name} has no label {label}"
            assert label in SCRAPED or operator != "=" or value in values, f"{name} never has {label}={value}"


@pytest.mark.parametrize("expression", [pytest.param(each, id=where) for where, each in expressions()])
def test_what_a_query_groups_by_is_a_label_of_its_metrics(expression, served):
    labels = {
        label for sample in (each for name, _ in selectors(expression) for each in served[name]) for label in sample
    }
    grouped = {label.strip() for each in re.findall(r"\bby \(([^)]*)\)", expression) for label in each.split(",")}
    assert grouped - labels - SCRAPED == set()


@pytest.mark.parametrize("rule", alarms(), ids=lambda rule: rule["alert"])
def test_an_alarm_says_how_urgent_it_is_what_is_the_matter_and_what_to_do(rule):
    assert rule["alert"].startswith("Mobilesasa")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "runbook"}
    assert len(rule["annotations"]["runbook"]) > 20


def test_the_documentation_names_every_alarm_and_no_other():
    names = [rule["alert"] for rule in alarms()]
    assert len(names) == len(set(names))
    assert set(re.findall(r"``(Mobilesasa\w+)``", PAGE.read_text())) == set(names)


@promtool
def test_prometheus_takes_the_alarms():
    ran = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_panels_have_numbers_of_their_own_and_a_word_about_what_they_show():
    every = board()["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    assert [panel["title"] for panel in panels() if not panel["description"]] == []


def test_panels_do_not_lie_upon_each_other():
    taken = set()
    for panel in board()["panels"]:
        place = panel["gridPos"]
        squares = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert squares.isdisjoint(taken), panel["title"]
        taken |= squares


def test_the_variables_of_the_dashboard_are_those_that_its_queries_use():
    known = {each["name"] for each in board()["templating"]["list"]}
    text = json.dumps(panels())
    assert set(re.findall(r"\$\{?(\w+)", text)) == known | {"__rate_interval"}


# The source distribution


def test_a_source_distribution_holds_all_of_it(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(DEPLOY, source / "deploy")
    for name in SOURCES:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, source / name)
    build = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    ran = subprocess.run(
        [sys.executable, "-c", build, tmp_path], cwd=source, capture_output=True, text=True, timeout=50
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (packed,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {path.relative_to(ROOT).as_posix() for path in DEPLOY.rglob("*") if path.is_file()} - held == set()

"""A real RabbitMQ for the tests, as fixtures.

One broker for the run, started when the first test wants it (about 7 s): a node name, ports, folders, Erlang cookie and port
mapper (epmd) of its own, on 127.0.0.1 alone, without plugins, with one scheduler so that it leaves the other core to what is
tested. A RabbitMQ or an epmd that is on the machine is neither asked nor touched. It ends with the run, even with one that
is killed. The programs are Debian's, which `.ci/foreign` unpacks where they are not installed.

- `rabbitmq`: the broker, a `RabbitMQ`; a test may stop, kill, freeze or alarm it, and leave it so;
- `broker_vhost`: a virtual host of the test's own on it, brought up again before, and deleted after the test;
- `broker_url`: its address, as `amqp://…`; `rabbitmq.tls_url(broker_vhost)` is the one over TLS.
"""

import datetime as dt
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bench.processes import lasting_ports
from mobilesasa.smppnet.certificates import self_signed
from tests.clients import foreign
from tests.whole.programs import HOST, eventually

USER = "mobilesasa"
PASSWORD = "of/the broker"  # what an address must quote
TLS_HOST = "localhost"  # the name in the certificate
WATERMARK = 0.6  # of the memory; above it publishers are blocked

# The whole of the configuration; files of the machine's own RabbitMQ are not read.
_CONFIGURATION = """[
 {{rabbit, [
  {{tcp_listeners, [{{"{host}", {port}}}]}},
  {{ssl_listeners, [{{"{host}", {tls_port}}}]}},
  {{ssl_options, [{{certfile, "{certificate}"}}, {{keyfile, "{key}"}}, {{verify, verify_none}}]}},
  {{default_user, <<"{user}">>}}, {{default_pass, <<"{password}">>}},
  {{disk_free_limit, 1000000}}, {{vm_memory_high_watermark, {watermark}}}
 ]}}
].
"""
# Runs "$@" and kills it when our end of the pipe closes, as it does however the run ends.
_LEASH = 'exec 3<&0 </dev/null; { read -r _ <&3; kill -KILL 0; } & exec "$@" 3<&-'
_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_START = b"\x01\x00\x00"  # a method frame of channel 0, which is what the broker begins with

_numbers = itertools.count(1)


class _Leashed:
    """A program in a session of its own that does not outlive us."""

    def __init__(self, arguments: list[str], environment: dict[str, str], output: Path) -> None:
        with output.open("ab") as into:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _LEASH, "sh", *arguments],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=into,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, patience_s: float) -> None:
        self._process.wait(patience_s)

    def kill(self) -> None:
        """Send SIGKILL to it and what is beside it in its session; returns when it has ended."""
        os.killpg(self._process.pid, signal.SIGKILL)  # the watcher is there even when the program is not
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


class RabbitMQ:
    """A broker in a folder, which keeps its ports and what is durable from start to start. All methods block.

    Args:
        folder: for all that it writes.

    Attributes:
        host: where it listens, 127.0.0.1.
        port: for AMQP.
        tls_port: for AMQP over TLS.
        ca_file: the certificate to trust, in PEM.
    """

    PATIENCE_S = 45.0

    def __init__(self, folder: Path) -> None:
        self.host = HOST
        self.port, self.tls_port, self._distribution_port, self._epmd_port = lasting_ports(4)
        files = self_signed(folder / "tls", TLS_HOST, dt.datetime.now(dt.UTC))
        self.ca_file = files.certificate_file
        self._folder = folder
        self._node = f"mobilesasa-{secrets.token_hex(4)}@localhost"
        self._scripts, self._erlang = _programs()
        self._broker: _Leashed | None = None
        self._epmd: _Leashed | None = None
        for name in ("home", "db", "log", "conf.d", "generated"):
            (folder / name).mkdir()
        cookie = folder / "home" / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        for name, text in {
            "advanced.config": _CONFIGURATION.format(
                host=HOST,
                port=self.port,
                tls_port=self.tls_port,
                certificate=files.certificate_file,
                key=files.key_file,
                user=USER,
                password=PASSWORD,
                watermark=WATERMARK,
            ),
            "rabbitmq.conf": "",
            "environment.conf": "",
            "plugins": "[].\n",
        }.items():
            (folder / name).write_text(text)
        self._environment = self._own_environment()

    @property
    def pid(self) -> int:
        """The process that is the broker, while it runs."""
        assert self._broker is not None
        return self._broker.pid

    @property
    def lives(self) -> bool:
        """Whether the broker runs, or would but for SIGSTOP."""
        return self._broker is not None and self._broker.lives

    def url(self, vhost: str = "/") -> str:
        """Return the address of a virtual host, with user and password."""
        return self._url("amqp", HOST, self.port, vhost)

    def tls_url(self, vhost: str = "/") -> str:
        """Return the address over TLS; what checks the certificate must be told to trust `ca_file`."""
        return self._url("amqps", TLS_HOST, self.tls_port, vhost)

    def start(self) -> None:
        """Start it where it is not running, thaw it, lift its alarm; returns when it takes connections."""
        if self._broker is not None and self._broker.lives:
            self.thaw()
            self.alarm(False)
            return
        self._clear()
        if self._epmd is None:
            arguments = [str(self._erlang / "epmd"), "-port", str(self._epmd_port), "-address", HOST]
            self._epmd = _Leashed(arguments, self._environment, self._folder / "epmd.out")
            eventually(lambda: _listens(self._epmd_port), "epmd listens", self.PATIENCE_S)
        self._broker = _Leashed(
            [str(self._scripts / "rabbitmq-server")], self._environment, self._folder / "rabbitmq.out"
        )
        eventually(self._takes_connections, "RabbitMQ takes connections", self.PATIENCE_S)

    def stop(self) -> None:
        """End it in good order: it closes the connections with 320 CONNECTION_FORCED (about 2.5 s)."""
        if self._broker is not None and self._broker.lives:
            self.thaw()
            self._broker.send(signal.SIGTERM)
            self._broker.wait(self.PATIENCE_S)
        self._clear()

    def kill(self, *, at_once: bool = False) -> None:
        """End it with SIGKILL: connections are cut without a word.

        Args:
            at_once: do not wait for the names of new quorum queues to be on disk. RabbitMQ writes them every half a second,
                and a queue younger than that is there after a kill but answers nobody (541 INTERNAL_ERROR after 65 s,
                RabbitMQ 3.10.8).
        """
        if not at_once and self._broker is not None and self._broker.lives:
            self.thaw()
            self.evaluate("mnesia:sync_log(), [ok = dets:sync(Table) || Table <- dets:all()]")
        self._clear()

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Stop it with SIGSTOP: connections stay, and nothing is answered."""
        assert self._broker is not None
        self._broker.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        assert self._broker is not None
        self._broker.send(signal.SIGCONT)

    def close(self) -> None:
        """End all of it and forget its state."""
        self._clear()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd = None

    def alarm(self, on: bool) -> None:
        """Raise or lift the alarm of its memory, under which connections that publish are blocked."""
        level = 0.0 if on else WATERMARK
        alarms = self.evaluate(f"vm_memory_monitor:set_vm_memory_high_watermark({level}), rabbit_alarm:get_alarms()")
        assert ("memory" in alarms) == on, alarms

    def add_vhost(self, name: str) -> None:
        """Make a virtual host on which our user may do everything (20 ms)."""
        every = '<<".*">>'
        granted = f"{_binary(USER)}, {_binary(name)}, {every}, {every}, {every}, {_binary(USER)}"
        self.evaluate(
            f"ok = rabbit_vhost:add({_binary(name)}, {_binary(USER)}), "
            f"ok = rabbit_auth_backend_internal:set_permissions({granted})"
        )

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host and all that is in it; connections to it are closed (40 ms)."""
        self.evaluate(f"ok = rabbit_vhost:delete({_binary(name)}, {_binary(USER)})")

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl and return what it prints (0.6 s); with ``-p VHOST`` on a virtual host."""
        return self._run([str(self._scripts / "rabbitmqctl"), "-q", *arguments])

    def evaluate(self, expressions: str) -> str:
        """Evaluate Erlang on the node and return the value of the last expression, as Erlang writes it (5 ms)."""
        said = self._run([str(self._erlang / "erl_call"), "-n", self._node, "-e"], f"{expressions}.\n").strip()
        assert said.startswith("{ok, "), f"{expressions}: {said}"
        return said.removeprefix("{ok, ").removesuffix("}")

    def _url(self, scheme: str, host: str, port: int, vhost: str) -> str:
        return f"{scheme}://{USER}:{quote(PASSWORD, '')}@{host}:{port}/{quote(vhost, '')}"

    def _own_environment(self) -> dict[str, str]:
        ours = {
            name: value
            for name, value in foreign.environment(self._folder / "home").items()
            if not name.startswith(("RABBITMQ_", "ERL_")) and name != "NOTIFY_SOCKET"
        }
        here = self._folder
        return ours | {
            "PATH": os.pathsep.join((str(self._erlang), os.environ.get("PATH", ""), "/usr/sbin", "/sbin")),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": HOST,
            "RUNNING_UNDER_SYSTEMD": "true",  # Erlang in the place of the shell that starts it, to be killed by its id
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CTL_DIST_PORT_MIN": "15000",
            "RABBITMQ_CTL_DIST_PORT_MAX": "32000",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CTL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(here / "db"),
            "RABBITMQ_LOG_BASE": str(here / "log"),
            "RABBITMQ_PID_FILE": str(here / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(here / "environment.conf"),
            "RABBITMQ_CONFIG_FILE": str(here / "rabbitmq"),
            "RABBITMQ_CONFIG_FILES": str(here / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(here / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(here / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(here / "plugins"),
        }

    def _run(self, arguments: list[str], fed: str = "") -> str:
        done = subprocess.run(
            arguments,
            env=self._environment,
            input=fed,
            capture_output=True,
            text=True,
            timeout=self.PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def _clear(self) -> None:
        if self._broker is not None:
            self._broker.kill()
            self._broker = None

    def _takes_connections(self) -> bool:
        assert self._broker is not None
        assert self._broker.lives, (self._folder / "rabbitmq.out").read_text(errors="replace")
        return _listens(self.tls_port) and self._speaks_amqp()

    def _speaks_amqp(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), self.PATIENCE_S) as trying:
                trying.sendall(_PROTOCOL_HEADER)
                return trying.recv(len(_START)) == _START
        except OSError:
            return False


def _listens(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex((HOST, port)) == 0


def _binary(text: str) -> str:
    """Return a text as an Erlang binary."""
    return f"<<{','.join(str(octet) for octet in text.encode())}>>"


def _programs() -> tuple[Path, Path]:
    """Return the folder of RabbitMQ's scripts and that of Erlang's programs."""
    for root in (foreign.DEBIAN, Path("/")):
        scripts = root / "usr/lib/rabbitmq/bin"
        if (scripts / "rabbitmq-server").exists():
            unpacked = foreign.DEBIAN / "usr/lib/erlang/bin"
            return scripts, unpacked if unpacked.exists() else Path(foreign.program("erl")).parent
    raise AssertionError(f"there is no RabbitMQ here; {foreign.REMEDY}")


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """The broker of the run."""
    folder = Path(tempfile.mkdtemp(prefix="mbs-rabbitmq-"))
    broker = RabbitMQ(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()
        shutil.rmtree(folder)


@pytest.fixture
def broker_vhost(rabbitmq: RabbitMQ) -> Iterator[str]:
    """A virtual host of the test's own, empty; the broker is up and without an alarm, whatever was done to it before."""
    rabbitmq.start()
    name = f"test-{next(_numbers)}"
    rabbitmq.add_vhost(name)
    yield name
    rabbitmq.start()
    rabbitmq.delete_vhost(name)


@pytest.fixture
def broker_url(rabbitmq: RabbitMQ, broker_vhost: str) -> str:
    """The address of a virtual host of the test's own."""
    return rabbitmq.url(broker_vhost)

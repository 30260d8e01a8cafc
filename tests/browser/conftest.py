"""Fixtures of the browser: one site a worker, one browser a module, and for each test a desk of its own."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import running_browser
from tests.browser.desk import CONTEXT, Desk
from tests.browser.site import Site
from tests.first_state import begin_with, state_folder
from tests.whole.programs import Node

HERE = Path(__file__).parent
LIMIT_S = 180  # of a test: the first of a worker starts the node too, and each walks through a whole story


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give these tests more time than others have."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say beside a failure what the browser showed."""
    report = yield
    desk = getattr(item, "funcargs", {}).get("desk")
    if report.when == "call" and report.failed and isinstance(desk, Desk):
        report.sections.append(("the browser", desk.shown()))
    return report


@contextmanager
def running_site(first_state: Path, config: str = "") -> Iterator[Site]:
    """Run a node with who is on it; `config` is what its file of settings says."""
    folder = state_folder("mbs-browser-")
    begin_with(first_state, folder)
    (folder / "node.toml").write_text(config)
    made = Site(Node(folder, options=("--config", str(folder / "node.toml"))))
    try:
        made.node.start()
        made.seed()
        yield made
    finally:
        made.node.stop()
        said = made.node.program.said
        shutil.rmtree(folder)
    assert "Traceback" not in said
    assert "stopped in good order" in said


@pytest.fixture(scope="session")
def site(first_state: Path) -> Iterator[Site]:
    """The node of these tests, and who is on it."""
    with running_site(first_state) as made:
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The browser, with nothing open."""
    with running_browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def desk(site: Site, browser: Browser) -> Iterator[Desk]:
    """A browser that knows nothing, with the owner of ACME logged in; in the end nothing odd may have happened."""
    context = browser.new_context(**CONTEXT)
    made = Desk(site, context, context.new_page())
    made.watch()
    yield made.log_in("owner")
    try:
        made.clean()
    finally:
        context.close()

"""A board, the daemon with its page (`xmg web`), and Chromium before it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("XM_BUILD", ROOT / "build")).resolve()
XMG = ROOT / "ground-tools" / "xmg"
LIMIT_S = 40

sys.path.insert(0, str(ROOT / "ground-tools"))

from xmground import launch  # noqa: E402


class Page:
    """The page, by what an operator sees of it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def until(self, holds: Callable[[], object], what: str) -> object:
        """Waits for it, at most LIMIT_S."""
        return WebDriverWait(self.driver, LIMIT_S, 0.1).until(lambda _: holds(), what)

    def one(self, selector: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Read in one go: rows are made anew while the test looks."""
        return str(
            self.driver.execute_script(
                "return document.querySelector(arguments[0])?.textContent ?? ''", selector
            )
        )

    def click(self, selector: str) -> None:
        """A real click; again when the row was made anew under the pointer."""
        from selenium.common.exceptions import (
            ElementClickInterceptedException,
            ElementNotInteractableException,
            NoSuchElementException,
            StaleElementReferenceException,
        )

        def clicked() -> bool:
            try:
                button = self.one(selector)
                if not button.is_enabled():
                    return False
                button.click()
                return True
            except (
                ElementClickInterceptedException,
                ElementNotInteractableException,
                NoSuchElementException,
                StaleElementReferenceException,
            ):
                return False

        self.until(clicked, f"{selector} cannot be clicked")

    def view(self, name: str) -> None:
        self.click(f'nav button[data-view="{name}"]')
        self.until(lambda: self.one(f"#{name}").is_displayed(), name)


class Station:
    """A daemon with its page, for one board."""

    def __init__(self, folder: Path) -> None:
        self.environment = os.environ | {
            "XM_BUILD": str(BUILD),
            "XMG_SOCKET": str(folder / "socket"),
            "XMG_ARCHIVE": str(folder / "archive.db"),
            "XDG_DATA_HOME": str(folder),
            "XMG_KEY": "none",
            "NO_COLOR": "1",
        }
        self.environment.pop("XMG_LINK", None)
        self.board = launch.SimulatedBoard(None)
        self.url = ""
        self._log = open(folder / "log", "w", encoding="utf-8")
        self._daemon: subprocess.Popen[str] | None = None

    def serve(self, link: str) -> None:
        """Starts `xmg web` for the board behind the link; url is then the page's address."""
        self._daemon = subprocess.Popen(
            [sys.executable, str(XMG), "web", "--link", link, "--http", "127.0.0.1:0"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._daemon.stdout
        self.url = self._daemon.stdout.readline().split()[-1]

    def stop_daemon(self) -> None:
        """Ends it."""
        assert self._daemon
        self._daemon.terminate()
        self._daemon.wait(LIMIT_S)

    @property
    def log(self) -> str:
        """What the daemon has logged."""
        self._log.flush()
        return Path(self._log.name).read_text(encoding="utf-8")

    def xmg(self, *words: str, holder: str | None = None) -> str:
        return subprocess.run(
            [sys.executable, str(XMG), *words],
            env=self.environment | ({"XMG_HOLDER": holder} if holder else {}),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        ).stdout

    def close(self) -> None:
        if self._daemon:
            self._daemon.terminate()
            try:
                self._daemon.wait(60)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
        self.board.stop()
        self._log.close()


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not chromedriver:
        pytest.skip("there is no chromium with chromedriver")
    options = Options()
    options.binary_location = browser
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,800",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(chromedriver), options=options)
    driver.set_page_load_timeout(LIMIT_S)
    yield driver
    driver.quit()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(tmp_path)
    yield station
    station.close()


@pytest.fixture
def sim(station: Station) -> Callable[[str], None]:
    """A simulated board and its page; gives the function that types into the board."""
    station.board.start()
    station.serve(station.board.link)
    return station.board.type


@pytest.fixture
def page(driver: webdriver.Chrome, station: Station, sim: Callable[[str], None]) -> Page:
    driver.get(station.url)
    page = Page(driver)
    page.until(lambda: "P3" in page.text("#partitions"), "the partitions are not shown")
    return page

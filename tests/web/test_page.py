"""The web page in headless Chromium, with real clicks and keys, before a daemon and a board that runs the
supervisor's own code; one test before the demo system on QEMU."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import BUILD, ROOT, Page, Station
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from xmground import launch

SHOTS = os.environ.get("XMG_SCREENSHOTS")


def shoot(page: Page, name: str) -> None:
    """For docs/, when asked for."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.driver.save_screenshot(f"{SHOTS}/{name}.png")


STAGES = ("sent", "received", "accepted", "started", "completed")


def state(page: Page, partition: str) -> str:
    return page.text(f'#partitions tr[data-partition="{partition}"] td:nth-child(3)')


def take_command(page: Page) -> None:
    page.click("#lease")
    page.until(lambda: page.one("#lease").text == "Give command back", "no lease")


def confirm(page: Page) -> None:
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    page.click("#confirm-yes")


def test_page_restart_of_a_crashed_partition(page: Page, sim: Callable[[str], None]) -> None:
    assert not page.one('button[data-command="reset_warm"]').is_enabled()  # nobody has command
    sim("crash 2")
    page.until(lambda: state(page, "P2") == "halted", "the crash is not shown")
    shoot(page, "web-partitions")
    take_command(page)
    page.click('button[data-command="reset_warm"][data-partition="P2"]')
    confirm(page)
    page.until(lambda: "resets 0 → 1" in page.text("#outcome"), "no outcome")
    for stage in STAGES:
        assert page.text(f'#stages [data-stage="{stage}"].done').startswith(f"● {stage}")
    assert "CRITICAL" in page.text("#confirm-class")
    assert "resets 0 → 1" in page.text("#last")  # also for who closes the dialog too soon
    shoot(page, "web-restart")
    page.click("#confirm-no")
    page.until(lambda: state(page, "P2") == "ready", "it does not run again")


def test_page_question_that_is_cancelled_sends_nothing(page: Page, station: Station) -> None:
    take_command(page)
    page.click('button[data-command="halt"][data-partition="P1"]')
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    ActionChains(page.driver).send_keys(Keys.ENTER).perform()  # the habit of pressing Enter
    page.until(lambda: not page.one("#confirm").is_displayed(), "the question stays")
    assert json.loads(station.xmg("cmd", "list", "--json")) == []


def test_page_cold_restart_says_what_it_counts(page: Page) -> None:
    """The count of resets begins anew with it: 0 again is not nothing."""
    take_command(page)
    page.click('button[data-command="reset_cold"][data-partition="P1"]')
    confirm(page)
    page.until(lambda: "resets 0 → 0" in page.text("#outcome"), "no outcome")
    assert "a cold reset starts the count anew" in page.text("#outcome")


def test_page_shutdown_of_a_partition(page: Page, sim: Callable[[str], None]) -> None:
    """P1 obeys; what a shutdown can claim is what was seen of the partition."""
    sim("obedient P1")
    take_command(page)
    page.click('button[data-command="shutdown"][data-partition="P1"]')
    confirm(page)
    page.until(lambda: "P1 was seen halted" in page.text("#outcome"), "no outcome")
    for stage in STAGES:
        assert page.text(f'#stages [data-stage="{stage}"].done').startswith(f"● {stage}")
    assert "logbook" in page.text("#outcome")  # which tells whether a fault halted it
    page.click("#confirm-no")
    page.until(lambda: state(page, "P1") == "halted", "it still runs")


@pytest.mark.parametrize("mode", ["warm", "cold"])
def test_page_system_reset(page: Page, station: Station, mode: str) -> None:
    """Hazardous: asked for with a word that is typed, then shown by its stages as a restart is."""
    assert not page.one(f'button[data-command="system_reset_{mode}"]').is_enabled()
    take_command(page)
    page.click(f'button[data-command="system_reset_{mode}"]')
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    assert "HAZARDOUS" in page.text("#confirm-class")
    assert not page.one("#confirm-yes").is_enabled()
    page.one("#confirm-word").send_keys("rest", Keys.ENTER)
    assert page.one("#confirm").is_displayed() and not page.one("#confirm-yes").is_enabled()
    assert json.loads(station.xmg("cmd", "list", "--json")) == []
    page.one("#confirm-word").clear()
    page.one("#confirm-word").send_keys("reset")
    if mode == "warm":
        shoot(page, "web-system-reset")
    page.click("#confirm-yes")
    page.until(lambda: "boot 0x00000001 → 0x00000002" in page.text("#outcome"), "no outcome")
    for stage in STAGES:
        assert page.text(f'#stages [data-stage="{stage}"].done').startswith(f"● {stage}")
    assert f"Reset the whole system, {mode}: boot 0x" in page.text("#last")
    page.until(lambda: page.one("#restarted").is_displayed(), "the restart is not told")
    page.click("#confirm-no")
    page.until(lambda: state(page, "P1") == "ready", "it does not run again")


def test_page_system_reset_by_keyboard_alone(page: Page, station: Station) -> None:
    take_command(page)
    page.driver.execute_script(
        "document.querySelector('[data-command=system_reset_warm]').focus()"
    )
    keys(page, Keys.ENTER)
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    assert page.driver.execute_script(FOCUSED)["id"] == "confirm-no"  # Enter by habit
    back(page)
    assert page.driver.execute_script(FOCUSED)["id"] == "confirm-word"
    keys(page, "reset", Keys.ESCAPE)
    page.until(lambda: not page.one("#confirm").is_displayed(), "Esc does not cancel")
    assert page.driver.execute_script(FOCUSED)["id"] == "system_reset_warm"
    assert json.loads(station.xmg("cmd", "list", "--json")) == []
    keys(page, Keys.ENTER)
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    assert page.one("#confirm-word").get_attribute("value") == ""  # it is typed each time
    back(page)
    keys(page, "reset", Keys.ENTER)
    page.until(lambda: "boot 0x00000001 → 0x00000002" in page.text("#outcome"), "no outcome")


def test_page_plan_switch(page: Page, sim: Callable[[str], None]) -> None:
    take_command(page)
    page.view("plan")
    page.click('button[data-plan="maintenance"]')
    confirm(page)
    page.until(lambda: "plan 0 → 1" in page.text("#outcome"), "no outcome")
    page.click("#confirm-no")
    page.until(lambda: "maintenance" in page.text("#plan-now"), "the header tells the old plan")


NEWEST_SEEN = """
    const box = document.getElementById("log"), last = document.querySelector("#log-rows").lastChild;
    return last.getBoundingClientRect().bottom <= box.getBoundingClientRect().top + box.clientTop + box.clientHeight;
"""


def test_page_logbook_filters_follows_and_stays_small(
    page: Page, sim: Callable[[str], None]
) -> None:
    sim("hm 600")
    sim("crash 3")
    page.view("logbook")
    page.until(lambda: "DATA_ACCESS_EXCEPTION" in page.text("#log-rows"), "new rows do not follow")
    assert len(page.driver.find_elements("css selector", "#log-rows .row")) < 100  # of 601
    page.until(lambda: page.driver.execute_script(NEWEST_SEEN), "the newest row is out of sight")
    shoot(page, "web-logbook")
    page.one("#filter").send_keys("event~ACCESS", Keys.ENTER)
    page.until(lambda: page.text("#log-note").startswith("1 rows"), "the filter does nothing")
    page.one("#filter").clear()
    page.one("#filter").send_keys("frob=1", Keys.ENTER)
    page.until(lambda: "frob" in page.text("#log-note"), "a wrong filter is not told")


# Lets a test speak in the daemon's place: as the answers to the call that follows the log.
OVERHEAR = """
    const Real = WebSocket;
    window.WebSocket = class extends Real {
      send(text) {
        const told = JSON.parse(text);
        if (told.call === "follow") {
          const say = (more) => this.onmessage({ data: JSON.stringify({ id: told.id, ...more }) });
          window.lose = (dropped) => say({ gap: { dropped } });
          window.tell = (row) => say({ row });
        }
        super.send(text);
      }
    };
"""


@pytest.fixture
def overheard(page: Page, station: Station) -> Iterator[Page]:
    """The page's logbook, into which a test speaks by tell(row) and lose(count)."""
    overhearing = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": OVERHEAR}
    )
    try:
        page.driver.get("about:blank")
        page.driver.get(station.url)
        page.view("logbook")
        page.until(lambda: "rows" in page.text("#log-note"), "no logbook")
        page.until(
            lambda: page.driver.execute_script("return !!window.tell"), "nothing is followed"
        )
        yield page
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", overhearing)


def test_page_with_100000_rows_scrolls(overheard: Page) -> None:
    drawn = overheard.driver.execute_async_script(
        """
        const done = arguments[0], box = document.getElementById('log');
        const rows = document.getElementById('log-rows');
        let pictures = 0;
        new MutationObserver(() => pictures++).observe(rows, { childList: true });
        for (let seq = 1; seq <= 100000; seq++) {
          tell({ seq, severity: 'info', book: 'hm', kind: 'record', event_name: 'TEST' });
        }
        const soon = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
        soon(() => {
          const first = [rows.childElementCount, pictures];
          box.scrollTop = 1000000;
          soon(() => done([...first, rows.childElementCount, box.scrollHeight,
                           rows.firstElementChild.textContent]));
        });
        """
    )
    shown, pictures, shown_there, height, first_there = drawn
    assert 0 < shown < 100 and 0 < shown_there < 100 and height >= 2_000_000
    assert pictures <= 10  # and not one for each row
    assert "TEST" in first_there


# The least time of some scrolls through the whole log, then of taking another filter, in ms.
TIMED = """
    const done = arguments[0], box = document.getElementById("log"), rounds = 9;
    const note = document.getElementById("log-note"), least = [Infinity, Infinity];
    const frame = () => new Promise((then) => requestAnimationFrame(() => setTimeout(then)));
    (async () => {
      for (let round = 0; round < rounds; round++) {
        box.scrollTop = (box.scrollHeight / rounds) * round;
        const begin = performance.now();
        box.dispatchEvent(new Event("scroll"));
        await frame();
        least[0] = Math.min(least[0], performance.now() - begin);
      }
      note.textContent = "";
      const begin = performance.now();
      document.getElementById("log-form").requestSubmit();
      while (!note.textContent) await frame();
      least[1] = performance.now() - begin;
      done(least);
    })();
"""
TELL = """
    for (let seq = 1; seq <= arguments[0]; seq++) {
      tell({ seq, severity: "info", book: "hm", kind: "record", event_name: "TEST" });
    }
"""


def test_page_with_100000_rows_is_as_quick_as_with_1000(overheard: Page) -> None:
    """Compared with itself on the same machine: drawing costs what is seen, not what there is."""
    driver = overheard.driver
    driver.execute_script(TELL, 1000)
    few = driver.execute_async_script(TIMED)
    driver.execute_script(TELL, 100_000)
    many = driver.execute_async_script(TIMED)
    assert many[0] < 10 * max(few[0], 1.0), f"scrolling: {few[0]} ms, then {many[0]} ms"
    assert many[1] < 10 * max(few[1], 10.0), f"another filter: {few[1]} ms, then {many[1]} ms"


def test_page_tells_the_three_times_of_a_row_apart(overheard: Page) -> None:
    """Board's clock, UTC with its error, and when the ground got it; what is not known is said."""
    row = {"severity": "info", "book": "hm", "kind": "record", "event_name": "TEST", "seq": 1}
    row |= {"time_us": 61_000_001, "received_us": 1767225600_250000}
    known = row | {"utc_us": 1767225599_125000, "utc_error_us": 4700}
    overheard.driver.execute_script("tell(arguments[0]); tell(arguments[1])", known, row)
    # Rows of the board itself may stand between: those of the test are told by their title.
    mine = '#log-rows .row[title^="TEST"]'

    def cells(selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        return overheard.driver.execute_script(script, selector)

    overheard.until(lambda: len(cells(mine)) == 2, "no rows")

    head = cells("#log-head span")
    assert head[1:5] == ["UTC, estimated", "± ms", "received", "board time"]
    first = dict(zip(head, cells(f"{mine} span")))
    assert first["UTC, estimated"] == "2025-12-31T23:59:59.125Z" and first["± ms"] == "4.7"
    assert first["received"] == "00:00:00.250" and first["board time"] == "00:01:01.000001"
    second = dict(zip(head, cells(f"{mine} span")[len(head) :]))
    assert second["UTC, estimated"] == "unknown" and second["± ms"] == ""
    assert second["received"] == "00:00:00.250"


def test_page_tells_rows_that_the_daemon_left_out(overheard: Page) -> None:
    overheard.driver.execute_script("lose(17)")
    overheard.until(lambda: overheard.text("#log-rows .gap"), "no gap is shown")
    assert "17 rows were not sent" in overheard.text("#log-rows .gap")


def test_page_console(page: Page) -> None:
    page.view("consoles")
    page.until(lambda: "P1: slot" in page.text("#console-text"), "no console text")


def figure(page: Page, panel: str, series: str, column: int) -> str:
    """What the table of a plot tells, without thousands' commas: 2 newest, 3 most, 4 total."""
    row = f'#plot-{panel} tr[data-series="{series}"]'
    return page.text(f"{row} td:nth-child({column})").replace(",", "")


# How many dots of the canvas have a line's colour, more or less.
INK = """
    const canvas = document.querySelector(arguments[0]);
    const [r, g, b] = arguments[1];
    const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let at = 0; at < dots.length; at += 4) {
      const far = Math.abs(dots[at] - r) + Math.abs(dots[at + 1] - g) + Math.abs(dots[at + 2] - b);
      if (dots[at + 3] > 200 && far < 30) count++;
    }
    return count;
"""
BLUE = [0x56, 0xB4, 0xE9]


def test_page_plots_the_links_health(page: Page) -> None:
    page.view("health")
    page.until(lambda: "frames_good" in page.text("#counters"), "no counters")
    page.until(lambda: figure(page, "rate", "to the board", 2) not in ("-", ""), "no rate")
    assert float(figure(page, "rate", "to the board", 2)) > 0
    assert float(figure(page, "round-trip", "ping", 2)) > 0
    assert figure(page, "damage", "seen by the board", 4) == "0"
    assert int(figure(page, "credit", "the board can take", 2)) > 0
    page.until(
        lambda: page.driver.execute_script(INK, "#plot-rate canvas", BLUE) > 20, "no line is drawn"
    )
    shoot(page, "web-health")


def test_page_without_the_plots_library_says_so(page: Page, station: Station) -> None:
    driver = page.driver
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/chart.js"]})
    try:
        page.view("health")
        page.until(lambda: page.text("#plots-note") != "", "nothing is said")
        page.until(lambda: figure(page, "round-trip", "ping", 2) not in ("-", ""), "no figures")
        assert not page.one("#plot-rate .canvas").is_displayed()
    finally:
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
        driver.get_log("browser")  # the refused file is of this test


def keys(page: Page, *pressed: str) -> None:
    ActionChains(page.driver).send_keys(*pressed).perform()


def back(page: Page) -> None:
    """To the control before."""
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()


FOCUSED = """
    const at = document.activeElement, style = getComputedStyle(at), data = at.dataset;
    return { id: at.id || data.view || [data.command, data.partition, data.console].join(" ").trim(),
             outline: parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none",
             dialog: !!at.closest("dialog") };
"""


def tab_order(page: Page, count: int) -> list[dict[str, Any]]:
    """What has the focus, one after the other, as Tab is pressed."""
    found = []
    for _ in range(count):
        keys(page, Keys.TAB)
        found.append(page.driver.execute_script(FOCUSED))
    return found


def test_page_by_keyboard(page: Page) -> None:
    for number, view in enumerate(("board", "plan", "logbook", "consoles", "health"), 1):
        keys(page, str(number))
        page.until(lambda v=view: page.one(f"#{v}").is_displayed(), view)  # type: ignore[misc]
    keys(page, "/")
    keys(page, "sev")
    page.until(lambda: page.one("#logbook").is_displayed(), "no logbook")
    assert page.one("#filter").get_attribute("value") == "sev"
    keys(page, Keys.TAB)
    keys(page, "?")
    page.until(lambda: page.one("#help").is_displayed(), "no list of keys")
    for key in ("1", "5", "/", "Esc", "?"):
        assert key in page.text("#help")
    keys(page, Keys.ESCAPE)
    page.until(lambda: not page.one("#help").is_displayed(), "Esc does not close it")


def test_page_restart_by_keyboard_alone(page: Page, sim: Callable[[str], None]) -> None:
    """Every control is reached by Tab, with a focus that is seen; a question keeps it."""
    found = tab_order(page, 2)
    assert [one["id"] for one in found] == ["lease", "help-open"]
    back(page)
    keys(page, Keys.ENTER)
    page.until(lambda: page.one("#lease").text == "Give command back", "no lease")
    found = tab_order(page, 9)
    assert all(one["outline"] for one in found)
    wanted = ["help-open", "board", "plan", "logbook", "consoles", "health", "supervisor"]
    assert [one["id"] for one in found] == [*wanted, "reset_warm P1", "reset_cold P1"]
    page.driver.execute_async_script("setTimeout(arguments[0], 2500)")  # the table is made anew
    assert page.driver.execute_script(FOCUSED)["id"] == "reset_cold P1"
    keys(page, Keys.ENTER)
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    found = [page.driver.execute_script(FOCUSED), *tab_order(page, 6)]
    assert found[0]["id"] == "confirm-no" and any(one["id"] == "confirm-yes" for one in found)
    ids = {one["id"] for one in found}
    assert not ids & {"reset_warm P1", "lease", "board"}  # the page behind it is not reached
    keys(page, Keys.ESCAPE)
    page.until(lambda: not page.one("#confirm").is_displayed(), "Esc does not cancel")
    assert page.driver.execute_script(FOCUSED)["id"] == "reset_cold P1"
    assert page.text("#last") == ""  # nothing was sent
    keys(page, Keys.ENTER)
    page.until(lambda: page.one("#confirm").is_displayed(), "no question")
    back(page)
    keys(page, Keys.ENTER)
    page.until(lambda: "P1 is ready" in page.text("#outcome"), "no outcome")


# Texts of which the contrast to what is behind them is below 4.5, and what moves.
FAINT = """
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
    const behind = (at) => {
      for (; at; at = at.parentElement) {
        const colour = parts(getComputedStyle(at).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
      }
    };
    const found = [];
    for (const one of document.querySelectorAll("body *")) {
      const style = getComputedStyle(one);
      if (style.animationName !== "none" || parseFloat(style.transitionDuration) > 0) found.push(["moves", one.outerHTML]);
      const isText = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (!isText || !one.checkVisibility() || one.tagName === "title") continue;
      const front = parts(one instanceof SVGElement ? style.fill : style.color);
      const [low, high] = [light(front), light(behind(one))].sort((a, b) => a - b);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < 4.5) found.push([ratio, one.outerHTML.slice(0, 200)]);
    }
    return found;
"""
VIEWS = ("board", "plan", "logbook", "consoles", "health")


def test_page_is_readable_on_small_and_large_screens(
    page: Page, sim: Callable[[str], None]
) -> None:
    """Contrast of every text, nothing moves, nothing is cut off at the right."""
    sim("hm 3")
    sim("crash 2")
    page.until(lambda: state(page, "P2") == "halted", "the crash is not shown")
    try:
        for width, height in ((1280, 800), (1920, 1080), (800, 600)):
            page.driver.set_window_size(width, height)
            for view in VIEWS:
                page.view(view)
                if view == "logbook":
                    page.until(lambda: "ACCESS" in page.text("#log-rows"), "no rows")
                assert page.driver.execute_script(FAINT) == []
                wide, room = page.driver.execute_script(
                    "return [document.documentElement.scrollWidth, innerWidth]"
                )
                assert wide <= room, f"{view} at {width}"
    finally:
        page.driver.set_window_size(1280, 800)
    page.driver.execute_script("document.getElementById('help').showModal()")
    assert page.driver.execute_script(FAINT) == []


def is_stale(page: Page) -> bool:
    """Whether it is said, and cannot be overlooked."""
    return (
        "(STALE)" in page.driver.title
        and page.one("#alarm").is_displayed()
        and bool(re.search(r"What is shown is \d+ s old", page.text("#alarm")))
        and not page.driver.find_elements("css selector", "button[data-command]:enabled")
    )


def test_page_says_when_the_board_is_gone(page: Page, station: Station) -> None:
    take_command(page)
    page.until(lambda: page.one('button[data-command="halt"]').is_enabled(), "no command")
    station.board.stop()
    page.until(lambda: "CONNECTION LOST" in page.text("#alarm"), "it looks as if all were well")
    page.until(lambda: is_stale(page), "old data are not marked")
    shoot(page, "web-lost")


def test_page_says_when_the_board_is_silent(page: Page, sim: Callable[[str], None]) -> None:
    """The line is open, and nothing comes."""
    sim("mute 20")
    page.until(lambda: "STALE DATA" in page.text("#alarm"), "it looks as if all were well")
    page.until(lambda: is_stale(page), "old data are not marked")
    page.until(lambda: "STALE" not in page.text("#alarm"), "the board's return is not told")
    assert "(STALE)" not in page.driver.title


def test_page_says_when_the_daemon_is_gone(page: Page, station: Station) -> None:
    station.stop_daemon()
    page.until(lambda: "the daemon is not reached" in page.text("#alarm"), "all seems well")
    page.until(lambda: is_stale(page), "old data are not marked")


# A daemon that is slow to take the connection of a page.
HELD_OFF = """
    window.WebSocket = class { close() {} send() {} };
"""


def test_page_does_not_say_what_it_does_not_know_yet(page: Page, station: Station) -> None:
    """Before the daemon has answered it is neither gone, nor is its link to the board closed."""
    held_off = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": HELD_OFF}
    )
    try:
        page.driver.get("about:blank")
        page.driver.get(station.url)
        # It has looked more than once at how old what it shows is.
        page.driver.execute_async_script("setTimeout(arguments[0], 1200)")
        assert page.text("#link") == "connecting"
        assert not page.one("#alarm").is_displayed()
        assert page.text("#age") == "nothing yet" and "STALE" not in page.driver.title
        assert not page.driver.find_elements("css selector", "button[data-command]:enabled")
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", held_off)


def test_page_says_when_the_board_has_restarted(page: Page, sim: Callable[[str], None]) -> None:
    assert not page.one("#restarted").is_displayed()
    sim("restart warm")
    page.until(lambda: page.one("#restarted").is_displayed(), "the restart is not told")
    assert re.search(r"RESTARTED: boot 0x\w{8} → 0x\w{8}", page.text("#restarted"))
    page.click("#restarted-seen")
    page.until(lambda: not page.one("#restarted").is_displayed(), "it stays")


def test_page_tells_who_commands(page: Page, station: Station) -> None:
    """Also when the lease was lost behind its back."""
    take_command(page)
    page.until(lambda: "(this page)" in page.text("#holder"), "it is not told")
    mine = page.text("#holder").split(" (")[0]
    station.xmg("lease", "release", holder=mine)
    station.xmg("lease", "take", "--seconds", "60", holder="bob")
    page.until(lambda: page.text("#holder").startswith("bob"), "the other is not told")
    assert "(this page)" not in page.text("#holder")
    page.until(lambda: page.one("#lease").text == "Take command", "it believes to have it")
    assert not page.one('button[data-command="halt"]').is_enabled()
    page.click("#lease")
    page.until(lambda: "bob commands the board" in page.text("#alarm"), "the refusal is not told")
    station.xmg("lease", "release", holder="bob")
    page.until(lambda: "bob" not in page.text("#alarm"), "it is told although it holds no more")


HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


def test_page_shows_markup_of_a_board_as_text(page: Page, sim: Callable[[str], None]) -> None:
    sim(f"say 1 {HOSTILE}")
    page.click('button[data-console="P1"]')
    page.until(lambda: HOSTILE in page.text("#console-text"), "the line is not shown")
    assert (
        page.driver.find_elements("css selector", "#console-text img, #console-text script") == []
    )
    assert "owned" not in page.driver.title


def test_page_keeps_its_token_to_itself(page: Page, station: Station) -> None:
    token = station.url.partition("#token=")[2]
    assert len(token) > 20 and token not in page.driver.current_url
    take_command(page)
    sent = []
    for entry in page.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            request = message["params"]["request"]
            sent += [request["url"], *request["headers"].values()]
    assert any(station.url.partition("#")[0] in text for text in sent)
    assert [text for text in sent if token in text] == []
    assert token not in station.log
    assert page.driver.execute_script("return Object.keys(localStorage).length") == 0


def test_page_without_the_token_only_reads(page: Page, station: Station) -> None:
    page.driver.get("about:blank")
    page.driver.get(station.url.partition("#")[0])
    page.until(lambda: "P3" in page.text("#partitions"), "no partitions")
    assert not page.one("#lease").is_displayed()


def test_page_asks_nobody_else_for_anything(page: Page, station: Station) -> None:
    asked = []
    for entry in page.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    own = ("http://127.0.0.1:", "data:", "chrome:", "about:")  # of all tests so far
    assert [url for url in asked if not url.startswith(own)] == []
    mine = station.url.partition("#")[0]  # pages of earlier tests lost their daemon
    errors = [e["message"] for e in page.driver.get_log("browser") if mine in e["message"]]
    assert errors == []


SESSIONS = 4  # at most


def before_qemu(
    driver: webdriver.Chrome, folder: Path, name: str, session: Callable[[Page], None]
) -> None:
    """A session with the page before a system on QEMU, in real time. A host that stands still for
    longer than a slot makes the board miss it, and go to its maintenance plan (SCHED_ERROR in the
    logbook): no fault of the page, so the session begins anew with another board."""
    key = os.environ.get("DEMO_KEY")
    for left in reversed(range(SESSIONS)):
        own = folder / str(left)
        own.mkdir()
        station = Station(own)
        board = launch.QemuBoard(BUILD / name / "system.elf", Path(key) if key else None, True)
        board.start()
        try:
            if key:
                station.environment["XMG_KEY"] = key
            station.serve(board.link)
            driver.get(station.url)
            session(Page(driver))
            return
        except (AssertionError, TimeoutException):
            if not left or "SCHED_ERROR" not in station.xmg("hm", "read", "--json"):
                raise
        finally:
            station.close()
            board.stop()


def restart_the_payload(page: Page) -> None:
    page.until(lambda: state(page, "payload") == "halted", "the payload's crash is not shown")
    take_command(page)
    page.click('button[data-command="reset_warm"][data-partition="payload"]')
    confirm(page)
    page.until(lambda: "resets 0 → 1" in page.text("#outcome"), "no outcome")
    page.click("#confirm-no")
    page.view("plan")
    page.until(lambda: drawn(page, "planned"), "no plan")
    assert "HYP_SCHED" in page.text("#timeline-note")  # it is not traced, and what would help


def test_page_before_the_demo_system_on_qemu(driver: webdriver.Chrome, tmp_path: Path) -> None:
    """The board on QEMU, and a restart by clicks."""
    before_qemu(driver, tmp_path, "demo", restart_the_payload)


NAMESPACE = "{http://www.xtratum.org/xm-3.x}"


def plan_of(system: str, number: int) -> tuple[int, dict[int, tuple[int, int, int]]]:
    """Major frame of a plan, and partition, start and duration of its slots, from system.xml; us."""
    tree = ElementTree.parse(ROOT / "configs" / system / "system.xml")
    (plan,) = tree.iterfind(f".//{NAMESPACE}Plan[@id='{number}']")

    def us(text: str | None) -> int:
        assert text and text.endswith("ms")
        return int(text.removesuffix("ms")) * 1000

    return us(plan.get("majorFrame")), {
        int(slot.get("id", "")): (
            int(slot.get("partitionId", "")),
            us(slot.get("start")),
            us(slot.get("duration")),
        )
        for slot in plan.iterfind(f"{NAMESPACE}Slot")
    }


# What is drawn: of each slot its state, number, partition, and planned and observed begin as shares
# of the picture.
DRAWN = """
    return [...document.querySelectorAll("#timeline .slot")].map((slot) => {
      const left = (kind) => slot.querySelector(kind)?.getBBox().x ?? null;
      return { state: slot.classList[1], slot: Number(slot.dataset.slot),
               partition: Number(slot.dataset.partition), at: Number(slot.dataset.plannedUs),
               plan: Number(slot.dataset.plan),
               planned: left(".planned"), observed: left(".observed"),
               width: slot.querySelector(".planned").getBBox().width };
    });
"""


def drawn(page: Page, *states: str) -> list[dict[str, Any]]:
    """The slots in the picture that are in one of the states; all without one."""
    slots = page.driver.execute_script(DRAWN)
    return [slot for slot in slots if not states or slot["state"] in states]


LATE_US = 200  # what the hypervisor calls an overrun; a slot that is "seen" is not later


def compare_with_plan(
    slots: list[dict[str, Any]], frame_us: int, plan: dict[int, tuple[int, int, int]]
) -> None:
    """Slots as drawn are those of system.xml, at its times; what ran began in its slot."""
    begin = next(slot["at"] - plan[slot["slot"]][1] for slot in slots)
    for slot in slots:
        partition, start_us, duration_us = plan[slot["slot"]]
        assert slot["partition"] == partition
        assert (slot["at"] - begin) % frame_us == start_us
        us = duration_us / slot["width"]  # of a unit of the picture
        if slot["state"] != "missing":
            late_us = (slot["observed"] - slot["planned"]) * us
            assert -us < late_us < (LATE_US if slot["state"] == "seen" else duration_us) + us


def watch_slots(page: Page) -> None:
    page.until(lambda: state(page, "payload") == "halted", "the payload's crash is not shown")
    page.view("plan")
    page.until(lambda: len(drawn(page, "seen", "late")) >= 8, "no slots are observed")
    compare_with_plan(drawn(page), *plan_of("demo-slots", 0))
    assert re.search(r"[1-9]\d* slots began", page.text("#timeline-sum"))
    assert page.driver.find_elements("css selector", "#slots-frame tr")
    shoot(page, "web-plan")
    take_command(page)
    page.one("#span").send_keys("10")
    page.click('button[data-plan="degraded"]')
    confirm(page)
    page.until(lambda: "plan 0 → 2" in page.text("#outcome"), "no outcome")
    page.click("#confirm-no")
    page.until(lambda: page.text("#timeline .plan-name ~ .plan-name"), "the switch is not shown")
    slots = drawn(page)
    old = [slot for slot in slots if slot["plan"] == 0]
    new = [slot for slot in slots if slot["plan"] == 2]
    assert old + new == slots and new[0]["slot"] == 0
    compare_with_plan(old, *plan_of("demo-slots", 0))
    compare_with_plan(new, *plan_of("demo-slots", 2))
    # The new plan begins where the last frame of the old one ends.
    last_begin = [slot["at"] for slot in old if slot["slot"] == 0][-1]
    assert new[0]["at"] - last_begin == plan_of("demo-slots", 0)[0]
    shoot(page, "web-plan-switch")


def test_page_shows_slots_as_they_ran_on_qemu(driver: webdriver.Chrome, tmp_path: Path) -> None:
    """Observed slots agree with system.xml, and follow a plan switch at the end of its frame."""
    before_qemu(driver, tmp_path, "demo-slots", watch_slots)

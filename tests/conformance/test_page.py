"""The HTML page: as a parser reads it, and driven in headless Chromium."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance import Accuracy, Failure, Outcome, Report
from conformance.page import embedded, page, part

HOSTILE = (
    "</script <!-- <script </script><script>window.hacked = 1</script> <img src=x onerror='hacked = 1'> "
    "\"'&amp; javascript:hacked=1 \0 \ud800 \u2028 π 🐍"
)


def outcome(name: str, state: str = "passed", chapter: str = "elementwise", **fields: Any) -> Outcome:
    path, _, check = name.partition(": ")
    if state == "failed":
        program = f"import numpy as xp\nxp.{path}(1)"
        failure = Failure(f"`{path}` says so", f"https://example.org/{path}", f"xp.{path}(1)", "2", "3", program)
        fields = {"failure": failure, **fields}
    return Outcome(path, check, chapter, state, 7, **fields)


def report(name: str, *outcomes: Outcome, accuracy: tuple[Accuracy, ...] = (), version: str = "1.0") -> Report:
    return Report(name, version, "2025.12", outcomes, accuracy, 1.5, {"seed": 3, "examples": 50})


FIGURE = Accuracy("sin", "float64", 0.625, "xp.sin(0.1)", float("inf"), "xp.sin(1e300)", 100)

REPORTS = [
    report(
        "numpy",
        outcome("sin: values"),
        outcome("sin: dtype"),
        outcome("cos: values", "failed"),
        outcome("cos: dtype"),
        outcome("linalg.qr: presence", "failed", "linalg"),
        outcome("linalg.qr: values", "blocked", "linalg", reason="linalg.qr: presence"),
        outcome("fft.fft: values", "skipped", "fft", reason="no extension"),
        accuracy=(FIGURE,),
    ),
    report(
        "lib.arrays:xp",
        outcome("sin: values"),
        outcome("sin: dtype"),
        outcome("cos: values"),
        outcome("cos: dtype", "undecided", reason="it varies"),
        outcome("linalg.qr: presence", chapter="linalg"),
        outcome("linalg.qr: values", "xfailed", "linalg", reason="a known weakness"),
        outcome("linalg.det: values", "xpassed", "linalg", reason="mended"),
    ),
]


def many() -> list[Report]:
    """Two thousand outcomes for each of six namespaces."""
    names = [f"function_{i}: check_{j}" for i in range(200) for j in range(10)]
    return [
        report(
            f"library{k}", *(outcome(name, "failed" if (i + k) % 37 == 0 else "passed") for i, name in enumerate(names))
        )
        for k in range(6)
    ]


class Elements(HTMLParser):
    """Elements with their attributes, and the text within each kind."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), attrs
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "wbr", "path", "circle", "use"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"path", "circle", "use"}:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.texts.setdefault(tag, []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for each, attributes in self.elements if each == tag]

    def text(self, tag: str) -> str:
        return " ".join(self.texts.get(tag, []))


@pytest.mark.parametrize("count", [1, 2, 8])
def test_structure(count: int) -> None:
    source = page((REPORTS * 4)[:count])
    found = Elements(source)
    assert found.open == []
    ids = Counter(attributes["id"] for _, attributes in found.elements if "id" in attributes)
    assert set(ids.values()) == {1}
    assert not any(re.search(r"\s", name or "") for name in ids)
    named = [found.all("output")[0]["for"]] + [each.get("aria-labelledby") for _, each in found.elements]
    assert {name for value in named if value for name in value.split()} <= {*ids, "details-title"}
    assert (
        len(re.findall(r"<label[^>]*>[^<]+<(input|select)", source))
        == len(found.all("input") + found.all("select"))
        == 3
    )
    assert all("scope" in each for each in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table"))
    assert {each["href"] for each in found.all("use")} <= {f"#{name}" for name in ids}
    assert [each["href"] for each in found.all("link")] == ["data:,"]
    assert not any("src" in attributes for _, attributes in found.elements)
    assert "@import" not in source
    assert "url(" not in source


def test_without_scripts_the_matrix_is_all_there() -> None:
    found = Elements(page(REPORTS))
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page(REPORTS))
    cells = {
        re.sub("<.*?>", "", name): [re.sub("<.*?>", "", cell) for cell in cells.split("</td>")[:-1]]
        for name, cells in rows
    }
    assert cells["cos"] == ["failed 50.0 %", "passed 100.0 %"]
    assert cells["linalg.qr"] == ["missing", "xfailed 50.0 %"]
    assert cells["linalg.det"] == ["", "xpassed 100.0 %"]
    assert cells["fft.fft"] == ["skipped", ""]
    assert cells["linalg"] == ["0.0 %", "75.0 %"]
    assert "seed 3" in found.text("li")
    assert "0.62" in found.text("details")
    assert "hidden" not in next(each for each in found.all("table") if each.get("id") == "matrix")


def test_without_figures_there_is_no_section_on_accuracy() -> None:
    assert "hidden" in Elements(page(REPORTS[1:])).all("section")[-1]
    assert "hidden" not in Elements(page(REPORTS)).all("section")[-1]


def hostile() -> Report:
    failure = Failure(*[HOSTILE] * 6)
    return Report(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        (Outcome(HOSTILE, HOSTILE, HOSTILE, "failed", 1, 0, HOSTILE, failure),),
        (Accuracy(HOSTILE, HOSTILE, 1.0, HOSTILE, 2.0, HOSTILE),),
        settings={"seed": HOSTILE},
    )


def test_hostile_text_stays_text() -> None:
    source = page([hostile()])
    found = Elements(source)
    assert found.open == []
    assert len(found.all("script")) == 2
    assert not found.all("img")
    assert "\0" not in source
    source.encode("utf-8")
    assert not any(character in embedded({HOSTILE: [HOSTILE]}) for character in "<>&")
    data = json.loads(re.findall(r'id="data">(.*?)</script>', source)[0])
    assert data["functions"][0][2][0]["checks"][0][4] == [HOSTILE] * 6
    assert "🐍" in found.text("h3")


def test_dollar_signs_are_no_placeholders() -> None:
    assert "$style ${x}" in page([report("$style ${x}", outcome("sin: values"))])


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast(theme: int) -> None:
    style = part("style.css")
    colors = {
        name: values[theme]
        for name, *values in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", style)
    }  # fmt: skip
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    texts = ["ink", "muted", "accent", "passed", "failed", "missing", "blocked", "undecided"]
    pairs = [(text, ground) for text in texts for ground in ("paper", "surface", "hover")]
    pairs += [(ground.removesuffix("-tint"), ground) for ground in colors if ground.endswith("-tint")]
    assert len(pairs) == 28
    assert {
        pair: round(contrast(*map(colors.get, pair)), 2) for pair in pairs if contrast(*map(colors.get, pair)) < 4.5
    } == {}


# In Chromium, over the DevTools protocol on a pipe: JSON messages that end in a zero byte.

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

LAUNCHER = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)

PATIENCE = 120
"""Seconds to wait for an answer, on a machine that is busy."""


class Browser:
    """A headless Chromium with one page."""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM
        to_browser, self.requests = os.pipe()
        self.answers, from_browser = os.pipe()
        theirs = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        options += ["--remote-debugging-pipe", f"--user-data-dir={folder}"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, *map(str, theirs), CHROMIUM, *options, "about:blank"],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (to_browser, from_browser, *theirs):
            os.close(end)
        self.buffer = b""
        self.number = 0
        self.session: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def close(self) -> None:
        self.session = {}
        self.send("Browser.close")
        self.process.wait(PATIENCE)
        os.close(self.requests)
        os.close(self.answers)

    def receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], deadline - time.monotonic())[0]:
                raise TimeoutError("Chromium does not answer")
            read = os.read(self.answers, 1 << 20)
            if not read:
                raise ConnectionError("Chromium has gone")
            self.buffer += read
        message, _, self.buffer = self.buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        request = {"id": self.number, "method": method, "params": params} | self.session
        os.write(self.requests, json.dumps(request).encode() + b"\0")
        while (answer := self.receive()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, (method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, event: str) -> None:
        while not any(each.get("method") == event for each in self.events):
            self.events.append(self.receive())

    def open(self, address: str, *, width: int = 1280, dark: bool = False) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url="about:blank")
        self.send("Runtime.evaluate", expression="0")
        self.events = []
        self.send("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")

    def evaluate(self, expression: str) -> Any:
        done = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, *keys: str, modifiers: int = 0) -> None:
        for key in keys:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0)
            options = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
            self.send("Input.dispatchKeyEvent", type="keyDown", **options, **({"text": text} if text else {}))
            self.send("Input.dispatchKeyEvent", type="keyUp", **options)
        self.settle()

    def settle(self) -> None:
        """Let events that are under way arrive."""
        self.evaluate("new Promise((done) => setTimeout(done, 30))")

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self.settle()

    def fill(self, selector: str, value: str) -> None:
        self.evaluate(
            f"{{ const field = document.querySelector({json.dumps(selector)}); field.value = {json.dumps(value)};"
            "field.dispatchEvent(new Event('input', {bubbles: true})) }"
        )

    def complaints(self) -> list[Any]:
        """Errors in the console, exceptions, and whatever was fetched beside the page itself."""
        wrong = []
        for event in self.events:
            params = event.get("params", {})
            match event.get("method"):
                case "Runtime.exceptionThrown":
                    wrong.append(params["exceptionDetails"])
                case "Runtime.consoleAPICalled" | "Log.entryAdded":
                    wrong.append(params)
                case "Network.requestWillBeSent" if not params["request"]["url"].startswith(("file:", "data:")):
                    wrong.append(params["request"]["url"])
        return wrong


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    made = Browser(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(REPORTS), encoding="utf-8")
    return file.as_uri()


VISIBLE = """[...document.querySelectorAll('#matrix tr:not(.chapter) th[scope=row]')]
    .filter((each) => each.checkVisibility()).map((each) => each.textContent)"""
TITLE = "document.querySelector('#details-title')?.textContent"
IS_OPEN = "document.querySelector('#details').open"
FOCUSED = "decodeURIComponent(document.activeElement.hash ?? '')"


def test_filters(browser: Browser, address: str) -> None:
    browser.open(address)
    everything = ["sin", "cos", "linalg.qr", "linalg.det", "fft.fft"]
    assert browser.evaluate(VISIBLE) == everything
    assert browser.evaluate("document.querySelector('#count').value") == "5 of 5 names"
    assert browser.evaluate("document.querySelector('#reset').checkVisibility()") is False
    for selector, value, found in [
        ("#search", "LINALG.q", ["linalg.qr"]),
        ("#search", "known weakness", ["linalg.qr"]),
        ("#search", "`cos` says", ["cos"]),
        ("#search", "<b>", []),
        ("#search", "", everything),
        ("#chapter", "chapter-linalg", ["linalg.qr", "linalg.det"]),
        ("#chapter", "", everything),
        ("#show", "differences", ["cos", "linalg.qr", "linalg.det", "fft.fft"]),
        ("#show", "failures", ["cos", "linalg.qr"]),
        ("#show", "missing", ["linalg.qr"]),
        ("#show", "skipped", ["fft.fft"]),
    ]:
        browser.fill(selector, value)
        assert browser.evaluate(VISIBLE) == found, (selector, value)
        assert browser.evaluate("document.querySelector('#count').value") == f"{len(found)} of 5 names"
    chapters = "[...document.querySelectorAll('#matrix .chapter')].filter((e) => e.checkVisibility()).length"
    assert browser.evaluate(chapters) == 1
    browser.click("#reset")
    assert browser.evaluate(VISIBLE) == everything
    assert browser.evaluate("document.activeElement.id") == "search"
    assert browser.complaints() == []


def test_details_by_click(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.click("td a[href='#cos/numpy']")
    assert browser.evaluate(TITLE) == "cos in numpy 1.0"
    details = browser.evaluate("document.querySelector('#details').innerText")
    for text in (
        "cos says so",
        "xp.cos(1)",
        "got\n2",
        "expected\n3",
        "import numpy as xp\nxp.cos(1)",
        "50.0 %",
        "dtype",
    ):
        assert text in details
    assert browser.evaluate("document.querySelector('#details blockquote a').href") == "https://example.org/cos"
    browser.click("nav a[href='#cos/lib.arrays%3Axp']")
    assert browser.evaluate(TITLE) == "cos in lib.arrays:xp 1.0"
    assert "it varies" in browser.evaluate("document.querySelector('#details').innerText")
    browser.click("#details button")
    assert browser.evaluate(IS_OPEN) is False
    assert browser.evaluate("location.hash") == ""
    assert browser.evaluate(FOCUSED) == "#cos/lib.arrays:xp"
    browser.click("td a[href='#sin/numpy']")
    assert "0.62 at xp.sin(0.1)" in browser.evaluate(
        "document.querySelector('#details').innerText.replace(/\\s+/g, ' ')"
    )
    assert browser.complaints() == []


def test_details_by_keyboard(browser: Browser, address: str) -> None:
    browser.open(address)
    browser.press("/")
    assert browser.evaluate("document.activeElement.id") == "search"
    browser.press("x", "/")
    assert browser.evaluate("document.activeElement.value") == "x/"
    browser.fill("#search", "")
    browser.press("Tab", "Tab", "Tab")
    assert browser.evaluate(FOCUSED) == "#sin/numpy"
    for key, found in [
        ("ArrowRight", "#sin/lib.arrays:xp"),
        ("ArrowRight", "#sin/lib.arrays:xp"),
        ("ArrowDown", "#cos/lib.arrays:xp"),
        ("ArrowDown", "#linalg.qr/lib.arrays:xp"),
        ("ArrowLeft", "#linalg.qr/numpy"),
        ("ArrowDown", "#fft.fft/numpy"),  # linalg.det has no cell in this column.
        ("ArrowUp", "#linalg.qr/numpy"),
        ("End", "#linalg.qr/lib.arrays:xp"),
        ("Home", "#linalg.qr/numpy"),
        ("PageUp", "#sin/numpy"),
        ("ArrowDown", "#cos/numpy"),
    ]:
        browser.press(key)
        assert browser.evaluate(FOCUSED) == found, key
    assert browser.evaluate("document.querySelectorAll('#matrix [tabindex=\"0\"]').length") == 1
    assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("Enter")
    assert browser.evaluate(TITLE) == "cos in numpy 1.0"
    browser.press("Escape")
    assert browser.evaluate(IS_OPEN) is False
    assert browser.evaluate(FOCUSED) == "#cos/numpy"
    browser.press("Enter")
    assert browser.evaluate(IS_OPEN) is True
    assert browser.complaints() == []


def test_links_lead_to_details(browser: Browser, address: str) -> None:
    browser.open(f"{address}#linalg.qr/lib.arrays%3Axp")
    assert browser.evaluate(TITLE) == "linalg.qr in lib.arrays:xp 1.0"
    assert "a known weakness" in browser.evaluate("document.querySelector('#details').innerText")
    for wrong in ("#linalg.qr", "#linalg.det/numpy", "#nothing/numpy", "#%", "#sin/%E0%A4%A"):
        browser.open(address + wrong)
        assert browser.evaluate(IS_OPEN) is False, wrong
    assert browser.complaints() == []


def test_copying(browser: Browser, address: str) -> None:
    browser.open(f"{address}#cos/numpy")
    browser.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text }")
    browser.click(".program button")
    assert browser.evaluate("window.copied") == "import numpy as xp\nxp.cos(1)"
    assert browser.evaluate("document.querySelector('.program button').textContent") == "Copied"
    browser.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
    browser.evaluate("document.execCommand = (command) => { window.command = command; return true }")
    browser.click(".program button")
    assert browser.evaluate("[window.command, String(getSelection())]") == ["copy", "import numpy as xp\nxp.cos(1)"]
    browser.evaluate("document.execCommand = () => false")
    browser.click(".program button")
    assert browser.evaluate("document.querySelector('#said').textContent") == "Selected: copy with the keyboard"
    assert browser.complaints() == []


def test_theme(browser: Browser, address: str) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    browser.open(address)
    browser.evaluate("localStorage.clear()")
    light = browser.evaluate(paper)
    assert browser.evaluate("document.querySelector('#theme').textContent") == "Dark theme"
    browser.click("#theme")
    dark = browser.evaluate(paper)
    assert dark != light
    assert browser.evaluate("document.querySelector('#theme').textContent") == "Light theme"
    browser.open(address)
    assert browser.evaluate(paper) == dark
    browser.evaluate("localStorage.clear()")
    browser.open(address, dark=True)
    assert browser.evaluate(paper) == dark
    browser.click("#theme")
    assert browser.evaluate(paper) == light
    browser.evaluate("localStorage.clear()")
    assert browser.complaints() == []


@pytest.mark.parametrize("count", [1, 2, 8])
def test_no_sideways_scrolling_on_a_phone(browser: Browser, tmp_path: Path, count: int) -> None:
    file = tmp_path / "report.html"
    long = report(
        "a_very_long.name_of_a:namespace" * 2, outcome("very_long_name_of_a_function" * 3 + ": values", "failed")
    )
    file.write_text(page([*(REPORTS * 4)[: count - 1], long]), encoding="utf-8")
    for part_of_page in ("", f"#{long.outcomes[0].path}/{long.namespace}"):
        browser.open(file.as_uri() + part_of_page, width=360)
        browser.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert browser.evaluate(IS_OPEN) is bool(part_of_page)
        assert browser.evaluate("document.documentElement.scrollWidth") <= 360
        assert browser.evaluate("document.querySelector('#details').scrollWidth") <= 360
        assert browser.evaluate("window.innerWidth") == 360
    assert browser.complaints() == []


def test_without_scripts(browser: Browser, address: str) -> None:
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(address)
        assert browser.evaluate(VISIBLE) == ["sin", "cos", "linalg.qr", "linalg.det", "fft.fft"]
        assert browser.evaluate("document.querySelector('#filters').checkVisibility()") is False
        assert "With scripts, each cell opens" in browser.evaluate("document.body.innerText")
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


def test_print(browser: Browser, address: str) -> None:
    browser.open(address, dark=True)
    browser.send("Emulation.setEmulatedMedia", media="print")
    style = (
        "(({ maxHeight, overflowX }) => [maxHeight, overflowX])(getComputedStyle(document.querySelector('.matrix')))"
    )
    assert browser.evaluate(style) == ["none", "visible"]
    assert browser.evaluate("document.querySelector('#filters').checkVisibility()") is False
    assert browser.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    browser.send("Emulation.setEmulatedMedia", media="")


def test_hostile_text_is_not_run(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page([hostile()]), encoding="utf-8")
    browser.open(file.as_uri())
    browser.click("#matrix td a")
    assert browser.evaluate(IS_OPEN) is True
    assert "onerror" in browser.evaluate("document.querySelector('#details').innerText")
    assert browser.evaluate("window.hacked ?? null") is None
    assert browser.evaluate("document.images.length") == 0
    assert browser.complaints() == []


def test_thousands_of_checks(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(many()), encoding="utf-8")
    browser.open(file.as_uri())
    assert browser.evaluate("document.querySelector('#count').value") == "200 of 200 names"
    busy = browser.evaluate(
        "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
        " - performance.getEntriesByType('navigation')[0].responseEnd"
    )
    assert busy < 1000 * PATIENCE / 12  # Well under a second where nothing else runs.
    browser.fill("#search", "function_199")
    assert len(browser.evaluate(VISIBLE)) == 1
    assert browser.complaints() == []


def test_the_files_of_the_page_are_in_the_package() -> None:
    folder = Path(conformance.__file__).parent / "page"
    assert {file.name for file in folder.iterdir() if file.suffix in {".html", ".css", ".js"}} == {
        "template.html",
        "style.css",
        "script.js",
    }

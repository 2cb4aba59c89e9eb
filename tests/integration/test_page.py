"""The status page that penstock-exporter serves: in a real browser, of a running service."""
import re
import xml.etree.ElementTree as ElementTree

import pytest
from chromium import Chromium, find
from conftest import needs_root
from exporter import Exporter
from penstock import wait_for

pytestmark = [needs_root]

WINDOWS = [(1440, 1000), (390, 844)]


@pytest.fixture
def folder(shared):
    folder = shared / "page"
    folder.mkdir(0o755, exist_ok=True)
    return folder


@pytest.fixture
def page(folder):
    """An exporter for the control socket in this folder; .service(…) was not begun yet."""
    exporter = Exporter(folder, folder / "control")
    yield exporter
    exporter.stop()


def settings(folder):
    return {"control": {"socket": str(folder / "control"), "readers": ["games"]}}


def text_of(html):
    return re.sub(r"\s+", " ", " ".join(ElementTree.fromstring(html).find("body").itertext()))


def test_it_shows_the_service_and_that_there_is_none(serve, bad, folder, page):
    status, headers, html = page.get("/")
    assert status == 503 and "The service cannot be asked." in text_of(html)
    service = serve(bad, settings=settings(folder))
    for i in range(20):
        service.ask(f"n{i}.penstock.example")
    page.wait_fresh()
    status, headers, html = page.get("/?hold")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    text = text_of(html)
    assert "Clients are answered." in text and "first" in text and "in use" in text
    assert "127.0.0.1" not in html and str(bad.port) not in text and "penstock.example" not in html
    again = page.get("/?hold")[2]
    assert again == html, "drawn anew, for the same ten seconds"


@pytest.mark.skipif(not find(), reason="there is no browser (package chromium)")
def test_a_browser_has_nothing_to_complain_of(serve, bad, folder, page):
    service = serve(bad, settings=settings(folder))
    for i in range(20):
        service.ask(f"n{i}.penstock.example")
    page.wait_fresh()
    browser = Chromium(folder)
    try:
        for width, height in WINDOWS:
            browser.open(f"http://127.0.0.1:{page.port}/", width, height)
            assert browser.evaluate("getComputedStyle(document.body).margin") == "0px", "its style sheet is not in force"
            assert browser.evaluate("document.documentElement.scrollWidth") <= width, "it is wider than the window"
            assert browser.evaluate("document.querySelector('h1').getBoundingClientRect().bottom") < height
            assert browser.evaluate("document.title").split()[0] in ("well", "look", "act")
            assert browser.picture().startswith(b"\x89PNG")
        assert browser.complaints == []
    finally:
        browser.close()

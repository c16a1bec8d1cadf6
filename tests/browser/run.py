#!/usr/bin/env python3
"""Tests of the storefront in a real browser: headless Chromium against a `souk serve` of their own.

    tests/browser/run.py [--souk ./souk] [NAME...]      NAME: only these checks, or "screenshots"

Run from the top of the source tree, or by `make test-browser`, which installs what is missing. Prints a line for each check,
ends with "N passed, N failed", and with 1 when one failed; a failed check leaves a picture in build/browser/. Screenshots for
the README go to build/screenshots/. Everything that is started is stopped, and a run takes three minutes at most.

    BROWSER_PAINT_MS=400    allows more than 150 ms until the first answer is painted, for a machine that is busy
    CHROMIUM=path           another browser

Files: chromium.py drives the browser, shop.py the service and its hostile products; view.py says how a check is written,
checks_*.py and axe.py are what must hold, shots.py takes the screenshots.
"""
import argparse
import os
import signal
import sys
import tempfile
import time
import traceback

from chromium import Chromium, Failed
from shop import STRANGER, Shop
from view import CHECKS

import checks_search, checks_filters, checks_visit, checks_hostile, axe, shots  # noqa: each adds to CHECKS, in this order

LIMIT = 175  # seconds
FAILED = "build/browser"


class TooLong(BaseException):
    pass


class Desk:
    """What a check works with. Pages it opened are closed and asked about their faults after it."""

    def __init__(self, shop, browser, folder):
        self.shop, self.browser, self.folder = shop, browser, folder
        self.pages, self.lines, self.skipped = [], [], None

    def open(self, url, watched=True, **options):
        page = self.browser.page(**options)
        page.watched = watched
        page.allowed = ("data:", self.shop.origin + "/") + ((STRANGER,) if "index=stress" in url else ())
        self.pages.append(page)
        page.goto(url)
        return page

    def say(self, line):
        self.lines.append(line)

    def skip(self, why):
        self.skipped = why

    def finish(self):
        """Closes the pages. Returns what was wrong with any of them besides: scripts that ran, errors, requests outside."""
        wrong = []
        for page in self.pages:
            try:
                page.close()
            except Failed as e:
                wrong.append(str(e))
            if not page.watched:
                continue
            wrong += [f"requested {url[:100]}" for url in page.requests if not url.startswith(page.allowed)]
            wrong += [f"policy violated: {text[:200]}" for text in page.violations]
            wrong += [f"error in the page: {text[:300]}" for text in page.errors]
            wrong += [f"dialog: {text[:100]}" for text in page.dialogs]
        self.pages, self.lines, self.skipped = [], [], None
        return list(dict.fromkeys(wrong))

    def picture(self, name):
        if self.pages:
            os.makedirs(FAILED, exist_ok=True)
            try:
                self.pages[-1].screenshot(f"{FAILED}/{name}.png")
            except Failed:
                pass


def run_one(desk, function):
    """Prints the check's line. Returns whether it holds."""
    began = time.monotonic()
    problem = None
    try:
        function(desk)
    except Failed as e:
        problem = str(e)
    except Exception:  # a page that is not as the check expects it
        problem = traceback.format_exc(limit=-2)
    if problem:
        desk.picture(function.__name__)
    lines, skipped = desk.lines, desk.skipped
    wrong = ([problem] if problem else []) + desk.finish()
    mark = "FAIL" if wrong else "skip" if skipped else "ok  "
    print(f"{mark}  {function.__name__:<18} {time.monotonic() - began:5.1f} s  {function.__doc__}", flush=True)
    for line in lines + ([skipped] if skipped else []) + wrong:
        print("      " + line.replace("\n", "\n      "), flush=True)
    return None if skipped and not wrong else not wrong


def too_long(*_):
    signal.alarm(20)  # for the clearing up
    raise TooLong(f"the tests take longer than {LIMIT} s")


def main():
    options = argparse.ArgumentParser(usage="tests/browser/run.py [--souk ./souk] [NAME...]")
    options.add_argument("--souk", default="./souk")
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    signal.signal(signal.SIGALRM, too_long)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(LIMIT)
    results, shop, browser = [], None, None
    with tempfile.TemporaryDirectory(prefix="souk-browser.", ignore_cleanup_errors=True) as folder:
        try:
            shop = Shop(os.path.abspath(options.souk), folder)
            browser = Chromium(folder, os.environ.get("CHROMIUM", "chromium"))
            print(f"{browser.version}, {shop.origin}", flush=True)
            desk = Desk(shop, browser, folder)
            for function in CHECKS:
                if not options.names or function.__name__ in options.names:
                    results.append(run_one(desk, function))
        except (Failed, TooLong, OSError) as e:
            print(f"FAIL  {e}")
            results.append(False)
        finally:
            if browser:
                browser.close()
            if shop:
                shop.stop()
    skipped = results.count(None)
    print(f"{results.count(True)} passed, {results.count(False)} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if results and False not in results else 1


if __name__ == "__main__":
    sys.exit(main())

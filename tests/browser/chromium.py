"""Headless Chromium, driven by its DevTools protocol over two pipes: JSON messages, each ended by a zero byte.

    browser = Chromium(folder)                # a profile is made in that folder
    page = browser.page(language="ar")        # a window with its own storage and cache
    page.goto(url); page.click("#more"); page.settle()
    page.eval("document.title")
    page.close(); browser.close()

Input goes through the browser's own event path (Input.*), so focus, :focus-visible and default actions are the real ones.
Nothing but loopback can be reached: every other name resolves to nothing.
"""
import base64
import fcntl
import json
import os
import signal
import subprocess
import threading
import time

TIMEOUT = 15  # seconds for one answer of the browser, or for a page to come to rest


class Failed(Exception):
    """A check that does not hold, or a browser that does not answer."""


class Chromium:
    def __init__(self, folder, binary="chromium"):
        theirs_in, self._out = _high_pipe()
        self._in, theirs_out = _high_pipe()
        command = [binary, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}/profile", "--no-sandbox",
                   "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync",
                   "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
                   "--force-color-profile=srgb", "--hide-scrollbars", "--lang=en-GB",
                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "about:blank"]
        # The browser reads file 3 and writes file 4.
        place = 'exec 3<&"$1"- 4>&"$2"-; shift 2; exec "$@"'
        self.log = open(f"{folder}/chromium.log", "wb")
        self.process = subprocess.Popen(["bash", "-c", place, "-", str(theirs_in), str(theirs_out)] + command,
                                        pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, env={**os.environ, "HOME": folder}, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self._last = 0
        self._answers = {}
        self._pages = {}
        self._arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.version = self.call("Browser.getVersion")["product"]

    def _read(self):
        rest = b""
        while block := os.read(self._in, 1 << 20):
            *whole, rest = (rest + block).split(b"\0")
            for text in whole:
                message = json.loads(text)
                with self._arrived:
                    if "id" in message:
                        self._answers[message["id"]] = message
                    elif page := self._pages.get(message.get("sessionId")):
                        page._event(message["method"], message.get("params", {}))
                    self._arrived.notify_all()
        with self._arrived:
            self._answers = None  # it is gone
            self._arrived.notify_all()

    def send(self, method, params=None, session=None):
        self._last += 1
        message = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data):]
        return self._last

    def call(self, method, params=None, session=None):
        sent = self.send(method, params, session)
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._answers is None or sent in self._answers, TIMEOUT):
                raise Failed(f"the browser does not answer {method}")
            if self._answers is None:
                raise Failed("the browser ended")
            answer = self._answers.pop(sent)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def page(self, **options):
        return Page(self, **options)

    def close(self):
        try:
            self.call("Browser.close")
            self.process.wait(5)
        except (Failed, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # the session that was started above, and nothing else
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()


def _high_pipe():
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high


# Runs in every page before its own scripts.
WATCH = """
window.__csp = [];
document.addEventListener("securitypolicyviolation", (e) => __csp.push(e.effectiveDirective + " " + e.blockedURI));
window.__frames = null;
window.__watch = () => {
  __frames = [];
  const look = () => {
    __frames.push([document.querySelectorAll("#results > li").length, !document.getElementById("nothing").hidden]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};
new MutationObserver((_, me) => {
  if (!document.querySelector("#results > li")) return;
  me.disconnect();
  const { port1, port2 } = new MessageChannel(); // its message comes after the frame
  port1.onmessage = () => (window.__painted = performance.now());
  requestAnimationFrame(() => port2.postMessage(0));
}).observe(document, { childList: true, subtree: true });
"""

KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "Backspace": (8, ""), " ": (32, " "), "Home": (36, ""),
        "ArrowLeft": (37, ""), "ArrowUp": (38, ""), "ArrowRight": (39, ""), "ArrowDown": (40, "")}


class Page:
    """After a check, `violations`, `errors`, `dialogs` and `requests` say what happened besides."""

    def __init__(self, browser, language="en-GB", width=1280, height=800, scale=1, dark=False, touch=False):
        self.browser = browser
        self.requests, self.errors, self.dialogs, self.violations = [], [], [], []
        self.bytes, self.kinds = {}, {}
        self._open, self._loads = set(), 0
        self.context = browser.call("Target.createBrowserContext")["browserContextId"]
        self.target = browser.call("Target.createTarget", {"url": "about:blank", "browserContextId": self.context})["targetId"]
        self.session = browser.call("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        browser._pages[self.session] = self
        for domain in "Page", "Runtime", "Network", "Log":
            self.call(domain + ".enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.call("Network.setUserAgentOverride", userAgent="Mozilla/5.0 (test) Chrome", acceptLanguage=language)
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.look(dark=dark)
        self.size(width, height, scale, touch)

    def call(self, method, **params):
        return self.browser.call(method, params, self.session)

    def _event(self, method, p):  # in the reader's thread, under its lock
        if method == "Network.requestWillBeSent":
            self.requests.append(p["request"]["url"])
            self.kinds[p["requestId"]] = p.get("type")
            if not p["request"]["url"].startswith("data:"):
                self._open.add(p["requestId"])
        elif method == "Network.loadingFinished":
            self._open.discard(p["requestId"])
            self.bytes[p["requestId"]] = p["encodedDataLength"]
        elif method == "Network.loadingFailed":
            self._open.discard(p["requestId"])
        elif method == "Page.loadEventFired":
            self._loads += 1
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(p["message"])
            self.browser.send("Page.handleJavaScriptDialog", {"accept": True}, self.session)
        elif method == "Runtime.exceptionThrown":
            details = p["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and p["entry"]["source"] == "security":
            self.violations.append(p["entry"]["text"])

    # ---- going and waiting ----

    def goto(self, url):
        before = self._loads
        self.call("Page.navigate", url=url)
        self._loaded(before, url)

    def reload(self):
        before = self._loads
        self.call("Page.reload")
        self._loaded(before, "again")

    def _loaded(self, before, what):
        with self.browser._arrived:
            if not self.browser._arrived.wait_for(lambda: self._loads > before, TIMEOUT):
                raise Failed(f"the page does not load: {what}")
        self.settle()

    def settle(self):
        """Until nothing is being loaded and the page has drawn twice without asking for more."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            with self.browser._arrived:
                self.browser._arrived.wait_for(lambda: not self._open, 0.5)
                asked = len(self.requests)
            self.eval("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(r))))")
            if not self._open and len(self.requests) == asked:
                return
        raise Failed("the page does not come to rest")

    def wait(self, expression, what=None, seconds=8):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := self.eval(f"(({expression}) ?? false) instanceof Node || ({expression})"):
                return value
            time.sleep(0.03)
        raise Failed(f"waited {seconds} s for: {what or expression}")

    def eval(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Failed(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    # ---- hands ----

    def press(self, key, shift=False):
        code, text = KEYS.get(key, (ord(key.upper()[0]), key))
        params = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **params)
        self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def type(self, text):
        for letter in text:
            self.press(letter)

    def click(self, selector):
        """selector: of CSS, or a JavaScript expression in parentheses."""
        found = selector if selector.startswith("(") else f"document.querySelector({json.dumps(selector)})"
        at = self.eval(f"""(() => {{ const el = {found}; if (!el) return null;
          el.scrollIntoView({{ block: "center", inline: "center" }});
          const r = el.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
          const top = document.elementFromPoint(x, y);
          const own = [el, ...(el.labels ?? [])];
          return [x, y, own.some((e) => e.contains(top)) || !!top?.contains(el)]; }})()""")
        if not at:
            raise Failed(f"there is no {selector}")
        if not at[2]:
            raise Failed(f"{selector} lies below something else")
        for kind in "mousePressed", "mouseReleased":
            self.call("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)

    # ---- eyes ----

    def size(self, width, height, scale=1, touch=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=touch)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def look(self, dark=False):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(picture))

    def close(self):
        try:
            self.violations += self.eval("window.__csp ?? []")
        except Failed:
            pass
        self.browser.call("Target.disposeBrowserContext", {"browserContextId": self.context})
        self.browser._pages.pop(self.session, None)

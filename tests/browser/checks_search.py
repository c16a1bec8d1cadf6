"""The budget, the policy, and searching: typing, hurrying, composing, finding nothing."""
import os
import statistics

from chromium import Failed
from view import check, ids, need, number, same, total, view


# ---- budgets ----

@check
def budget(desk):
    """the first answer is painted 150 ms after load at most, in 60 kB"""
    limit = float(os.environ.get("BROWSER_PAINT_MS", 150))
    desk.open(desk.shop.url())  # the service's and the browser's own first time
    after, since, code, data = [], [], 0, 0
    for _ in range(5):
        page = desk.open(desk.shop.url())
        painted, load = page.wait("window.__painted && [__painted, performance.getEntriesByType('navigation')[0].loadEventEnd]")
        since.append(painted)
        after.append(max(painted - load, 0))
        size = lambda *kinds: sum(n for request, n in page.bytes.items() if page.kinds.get(request) in kinds)
        code, data = size("Document", "Script", "Stylesheet"), size("Fetch", "Other")
    late, whole = statistics.median(after), statistics.median(since)
    desk.say(f"first answer painted {late:.0f} ms after load, {whole:.0f} ms after the address was opened (medians of 5)")
    desk.say(f"page {code / 1000:.1f} kB, first answers {data / 1000:.1f} kB (as transferred)")
    need(late <= limit, f"the first answer is painted {late:.0f} ms after load; the limit is {limit:.0f} (BROWSER_PAINT_MS); "
         f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    need(10_000 < code <= 60_000, f"the page is {code} bytes")


@check
def policy(desk):
    """every page comes with a strict content security policy, which holds"""
    for path in "/", "/web/app.js", "/web/app.css":
        headers, _ = desk.shop.get(path)
        rules = dict((rule.split() or [""])[0:1] + [rule.split()[1:]] for rule in headers["Content-Security-Policy"].split(";"))
        same(rules["default-src"], ["'none'"], "default-src")
        for name in "script-src", "style-src", "connect-src":
            same(rules[name], ["'self'"], name)
        same(headers["X-Content-Type-Options"], "nosniff", "X-Content-Type-Options")
    page = desk.open(desk.shop.url(), watched=False)
    page.eval("""(() => { const s = document.createElement("script"); s.textContent = "window.__ran = 1"; document.body.append(s);
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.__ran = 1'>"); })()""")
    page.settle()
    same(page.eval("window.__ran ?? null"), None, "a script in the page's body")
    need(page.eval("window.__csp.length") >= 1, "the browser reports no violation where there is one")


# ---- searching ----

@check
def typing(desk):
    """every letter shows what the service answers, without a flash of an empty page"""
    page = desk.open(desk.shop.url())
    need(total(page) > 0 and len(view(page)["ids"]) > 0, "the shop opens empty")
    page.eval("__watch()")
    page.click("#q")
    text = ""
    for letter in "shoes for women":
        page.press(letter)
        page.settle()
        text += letter
        answer, shown = desk.shop.search(text, limit=24), view(page)
        same(shown["ids"], ids(answer), f"products for {text!r}")
        same(total(page), answer["total"], f"the count for {text!r}")
        same(shown["nothing"], answer["total"] == 0, f"the empty page for {text!r}")
        need(f"q={text.strip().replace(' ', '+')}" in shown["search"], f"the address for {text!r} is {shown['search']}")
    frames = page.eval("__frames")
    need(len(frames) > 15, "the page was not watched")
    same([f for f in frames if f[0] == 0 and not f[1]], [], "frames without products or a word why")


@check
def hurry(desk):
    """letters typed faster than answers come end with the last one's products"""
    page = desk.open(desk.shop.url())
    page.call("Network.emulateNetworkConditions", offline=False, latency=120, downloadThroughput=-1, uploadThroughput=-1)
    page.eval("__watch()")
    page.click("#q")
    page.type("coffee machine")
    page.settle()
    same(view(page)["ids"], ids(desk.shop.search("coffee machine", limit=24)), "products")
    same([f for f in page.eval("__frames") if f[0] == 0 and not f[1]], [], "frames without products or a word why")
    before = page.eval("history.length")
    page.type("s")
    page.settle()
    need(page.eval("history.length") == before, "each letter makes an entry in the history")


@check
def composing(desk):
    """an input method's letters are searched when they are a word"""
    page = desk.open(desk.shop.url())
    page.click("#q")
    before = len(page.requests)
    page.call("Input.imeSetComposition", text="kutsu", selectionStart=5, selectionEnd=5)
    page.settle()
    same(len(page.requests), before, "searches while composing")
    page.call("Input.insertText", text="靴")
    page.settle()
    same(view(page)["ids"], ids(desk.shop.search("靴", limit=24)), "products")


@check
def nothing(desk):
    """a query that nothing fits gets a page that says so, and ways on"""
    for q in "xqzv wkjh", "qqqqqqqq", "vbnmxz qwrtp", "§§§§":
        if desk.shop.search(q)["total"] == 0:
            break
    else:
        raise Failed("the service finds something for any nonsense")
    page = desk.open(desk.shop.url(q=q))
    shown = view(page)
    need(shown["nothing"] and not shown["ids"], "the page shows products")
    need(q in page.eval("document.querySelector('#nothing h2').textContent"), "the query is not named")
    same(total(page), 0, "the count")
    page.wait("document.getElementById('status').textContent !== ''", "a word for screen readers")
    page.click("#nothing button")
    page.settle()
    shown = view(page)
    need(shown["ids"] and not shown["nothing"] and shown["q"] == "", "'See all products' shows none")
    # Nothing because of a filter: what there would be without it is offered.
    page.goto(desk.shop.url(q="shoes", price="0..0.01"))
    need(view(page)["nothing"], "products below a cent")
    without = desk.shop.search("shoes")["total"]
    same(number(page.eval("document.querySelector('#nothing button').textContent")), without, "the offer without filters")
    page.click("#nothing button")
    page.settle()
    same(total(page), without, "the count without filters")

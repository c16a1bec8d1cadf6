"""Bad input: products, addresses and a service that mean no good."""
import json
import signal
import time

from view import box, check, facet, fits, ids, need, number, overflow, same, view


# Elements that the page itself never makes there, so only a product's text taken for markup could have.
OUT_OF_TEXT = """document.querySelectorAll(":is(main, #facets, #product) :is(script, iframe, object, embed, style, b, i, u), " +
  ":is(main, #facets, #product) :is([onerror], [onload], [onclick]), #facets img").length"""


@check
def hostile(desk):
    """hostile products are shown as text, run nothing and break no layout at 320 px"""
    page = desk.open(desk.shop.url(index="stress"))
    for name, id in desk.shop.ids.items():
        record = desk.shop.hostile[name]
        title = record["title"] if isinstance(record["title"], str) else record["title"]["en"]
        page.goto(desk.shop.url(index="stress", q=title[:200], p=id))
        page.wait(f"document.getElementById('product-title')?.textContent === {json.dumps(title)}", f"the page of {name}")
        page.settle()
        for width in 1280, 320:
            fits(page, width, f"the page of {name}")
        same(page.eval(OUT_OF_TEXT), 0, f"elements out of the page of {name}")
        page.press("Escape")
        page.wait("!document.getElementById('product').open", "the product's page to close")
        page.settle()
        for width in 320, 1280:
            fits(page, width, f"the results for {name}")
        same(page.eval(f"document.querySelector('#results a[data-open=' + CSS.escape({json.dumps(id)}) + ']')?.textContent"), title,
             f"{name} found by its title")
        same(page.eval(OUT_OF_TEXT), 0, f"elements out of the results for {name}")
        same(page.eval("window.__ran ?? null"), None, f"a script of {name}")


@check
def hostile_facts(desk):
    """price 0 and 10^12, missing pictures, bidi overrides and strange addresses are shown for what they are"""
    shop = desk.shop
    page = desk.open(shop.url(index="stress"))

    def open_product(name):
        page.goto(shop.url(index="stress", p=shop.ids[name]))
        page.wait("document.querySelector('#product-title')")
        return page

    need("0" in open_product("free").eval("document.querySelector('#product .price').textContent"), "the price 0 is not shown")
    text = open_product("dear").eval("document.querySelector('#product .price strong').textContent")
    same(number(text.split(".")[0]), 10 ** 12, "the price 10^12")
    for name in "plain", "gone", "away":
        open_product(name).wait("document.querySelector('#product .media > :first-child')?.matches('svg.art')",
                                f"a drawing in place of the picture of {name}")
    same(open_product("script").eval("document.querySelectorAll('#product a[target=_blank], #product .sheet img').length"), 0,
         "links and pictures of javascript:")
    page.goto(shop.url(index="stress", q="Stressbidi"))
    brand = next(v for v, _, _ in facet(page, "brand") if "EVIL" in v)
    same(page.eval(f"""(() => {{ const row = {box("brand", brand)}.closest("label");
      const end = row.querySelector("bdi").getBoundingClientRect().right;
      return row.querySelector(".n").getBoundingClientRect().left >= end - 1; }})()"""), True, "a count right of its brand")
    page.click(box("brand", brand))
    page.settle()
    same(view(page)["ids"], [shop.ids["bidi"]], "products of that brand")
    left = page.eval("[...document.querySelector('.chip').children].map((e) => e.getBoundingClientRect().left)")
    need(left[0] < left[1], "the chip's cross is not right of its text")
    page.goto(shop.url(index="stress", q="Stressnames"))
    need(shop.ids["names"] in view(page)["ids"], "the product with names of JavaScript's own is not shown")
    page.goto(shop.url(index="stress", brand="__proto__", attributes__color="constructor"))
    same(len(view(page)["chips"]), 2, "chips of names of JavaScript's own")


@check
def many_values(desk):
    """3,000 values of a facet fold, unfold and scroll"""
    page = desk.open(desk.shop.url(index="stress", attributes__kind="kind 0007"))
    page.settle()
    same(view(page)["ids"], [desk.shop.ids["facets"]], "products with that value")
    few = page.eval("document.querySelectorAll('#facets .value').length")
    need(few < 200, f"{few} values are shown at once")
    began = time.monotonic()
    page.click("([...document.querySelectorAll('#facets [data-key]')].find((e) => e.dataset.key === 'more:attributes.kind'))")
    page.settle()
    took = time.monotonic() - began
    shown = len(facet(page, "attributes.kind"))
    desk.say(f"{shown} values of one facet unfolded in {took * 1000:.0f} ms")
    need(shown >= 100, f"only {shown} values")
    need(took < 3, f"unfolding took {took:.1f} s")
    need(page.eval("document.getElementById('facets').scrollHeight") < 6000, "the list does not scroll")
    same(overflow(page), [], "what sticks out")


@check
def strange_addresses(desk):
    """an address that makes no sense shows a page that makes some"""
    page = desk.open(desk.shop.url(), language="de")
    for query in ("?price=a..b&n=-5&sort=id:asc", "?n=99999999&price=9..1",
                  "?q=%01%EF%BF%BD%F0%9F%A6%84&brand=&category=%20", "?q=" + "x" * 4000,
                  "?attributes.a%22%20OR%201=1&p=%2e%2e%2f", "?brand=" + "\"%5C" * 20, "?attributes.x y=1"):
        page.goto(desk.shop.origin + "/" + query)
        shown = view(page)
        same(shown["alert"], None, f"what the page complains of at {query[:40]}")
        need(shown["ids"] or shown["nothing"], f"an empty page at {query[:40]}")
    page.goto(desk.shop.url(index="there-is-none"))
    need(view(page)["alert"] or view(page)["nothing"], "an unknown index shows an empty page")


@check
def away(desk):
    """when the service goes away while typing the page says so, keeps its products, and recovers by itself"""
    page = desk.open(desk.shop.url())
    page.click("#q")
    page.type("sho")
    page.settle()
    before = view(page)["ids"]
    desk.shop.stop()
    try:
        page.type("e")
        page.wait("document.querySelector('#notes [role=alert]')", "a word that the service is away")
        same(view(page)["ids"], before, "products while the service is away")
        need(page.eval("!!document.querySelector('#notes [role=alert] button')"), "no way to try again")
        page.type("s")
        time.sleep(0.3)
        need(view(page)["alert"], "the word is gone while the service is away")
        need("fetch" not in view(page)["alert"], f"the browser's own words in the page: {view(page)['alert']}")
    finally:
        desk.shop.start()
    page.wait("!document.querySelector('#notes [role=alert]')", "the page to recover", 15)
    page.settle()
    same((view(page)["q"], view(page)["ids"]), ("shoes", ids(desk.shop.search("shoes", limit=24))), "products after it is back")
    page.type("s")
    page.settle()
    same(view(page)["ids"], ids(desk.shop.search("shoess", limit=24)), "products of the next letter")
    page.errors = [e for e in page.errors if "ERR_CONNECTION" not in e]


@check
def slow(desk):
    """while the service is slow the page shows that it searches, keeps its products, and ends with the last letter's"""
    page = desk.open(desk.shop.url(q="sho"))
    before = view(page)["ids"]
    page.click("#q")
    desk.shop.signal(signal.SIGSTOP)
    try:
        page.type("es")
        page.wait("document.body.classList.contains('busy')", "a sign that the page searches")
        same(view(page)["ids"], before, "products meanwhile")
    finally:
        desk.shop.signal(signal.SIGCONT)
    page.settle()
    same(view(page)["ids"], ids(desk.shop.search("shoes", limit=24)), "products")
    need(not page.eval("document.body.classList.contains('busy')"), "the page still shows that it searches")

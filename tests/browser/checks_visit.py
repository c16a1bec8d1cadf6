"""Moving about: history, product pages, languages, the keyboard, a phone."""
import json
import re
import time

from view import box, check, facet, ids, need, number, overflow, same, view


# ---- places ----

@check
def history(desk):
    """back and forward restore every view; a copied address shows the same elsewhere"""
    page = desk.open(desk.shop.url())
    views = [view(page)]

    def arrived():
        page.settle()
        views.append(view(page))

    page.click("#q")
    page.type("shoes")
    arrived()
    page.click(box("availability", "in_stock"))
    arrived()
    page.eval("(() => { const s = document.getElementById('sort'); s.value = 'price:desc'; s.dispatchEvent(new Event('change')); })()")
    arrived()
    page.click("#results a[data-open]")
    arrived()
    need(views[-1]["product"], "no product page")
    for i in range(len(views) - 2, -1, -1):
        page.eval("history.back()")
        time.sleep(0.1)
        page.settle()
        same(view(page), views[i], f"view {i}, gone back to")
    for i in range(1, len(views)):
        page.eval("history.forward()")
        time.sleep(0.1)
        page.settle()
        same(view(page), views[i], f"view {i}, gone forward to")
    page.press("Escape")
    time.sleep(0.1)
    page.settle()
    same(view(page), views[-2], "the view after Escape")
    other = desk.open(desk.shop.url())
    for wanted in views[1:]:
        other.goto(desk.shop.origin + "/" + wanted["search"])
        same(view(other), wanted, f"the copied address {wanted['search']}")


@check
def product(desk):
    """a product's page has its facts, similar products and an address of its own"""
    page = desk.open(desk.shop.url(q="shoes"))
    first = view(page)["ids"][0]
    page.click("#results a[data-open]")
    page.settle()
    record = json.loads(desk.shop.get(f"/indexes/products/documents/{first}")[1])
    record = record.get("product", record)
    same(view(page)["product"], record["title"], "the title")
    text = page.eval("document.getElementById('product-body').textContent")
    for field in "brand", "description", "sku", "gtin":
        need(str(record[field]) in text, f"the {field} is missing")
    similar = [hit["id"] for hit in json.loads(desk.shop.get(f"/indexes/products/similar/{first}?limit=8")[1])["hits"]]
    shown = page.eval("[...document.querySelectorAll('#product .row li')].map((li) => li.dataset.id)")
    need(shown and set(similar) - {first} <= set(shown), f"similar products: {shown} for {similar}")
    same(page.eval("document.activeElement.id"), "product-title", "the focus")
    page.click("#product .row a[data-open]")
    page.settle()
    need(shown[0] in page.eval("location.search"), "a similar product's address")
    page.click("#product [data-close]")
    time.sleep(0.1)
    page.settle()
    same((view(page)["product"], view(page)["q"]), (None, "shoes"), "closed")
    page.goto(desk.shop.url(p=first))
    same(view(page)["product"], record["title"], "the title at its own address")
    page.press("Escape")
    time.sleep(0.1)
    need(view(page)["ids"] and view(page)["product"] is None, "closed at its own address")
    page.goto(desk.shop.url(p="there-is-none"))
    need(page.eval("document.getElementById('product-title')?.textContent"), "no word about a product that is not there")


@check
def languages(desk):
    """the interface follows the browser and the choice, in twelve languages, right-to-left where they are"""
    page = desk.open(desk.shop.url(q="shoes"), language="ar")
    same(page.eval("[document.documentElement.lang, document.documentElement.dir]"), ["ar", "rtl"], "an Arabic browser's page")
    left = page.eval("['#aside', 'main'].map((s) => document.querySelector(s).getBoundingClientRect().left)")
    need(left[0] > left[1], "the filters are not at the right")
    choose = "(() => {{ const s = document.getElementById('language'); s.value = '{}'; s.dispatchEvent(new Event('change')); }})()"
    page.eval(choose.format("ja"))
    page.settle()
    same(page.eval("[document.documentElement.lang, document.documentElement.dir]"), ["ja", "ltr"], "the page in Japanese")
    need(re.search("[\u3040-\u30ff\u4e00-\u9fff]", view(page)["count"]), "the count is not in Japanese")
    page.reload()
    same(page.eval("document.documentElement.lang"), "ja", "the language after a reload")
    same(view(page)["ids"], ids(desk.shop.search("shoes", limit=24)), "products")
    missing = page.eval("""import("./web/strings.js").then(({ STRINGS }) => Object.entries(STRINGS).flatMap(([code, own]) =>
      Object.keys(STRINGS.en).filter((key) => !(key in own)).map((key) => code + " " + key)))""")
    same(missing, [], "texts that are not translated")
    for code in page.eval("[...document.getElementById('language').options].map((o) => o.value)"):
        page.eval(choose.format(code))
        page.settle()
        for width in 320, 768, 1440:
            page.size(width, 800)
            page.settle()
            same(overflow(page), [], f"what sticks out at {width} px in {code}")
    page = desk.open(desk.shop.url(), language="sw, xx")
    same(page.eval("document.documentElement.lang"), "en", "the page for a language that it lacks")


# ---- keyboard ----

STOPS = """(() => [...document.querySelectorAll("a[href], button, input, select, summary")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.closest("dialog:not([open])")).length)()"""
MARKED = """(() => { const e = document.activeElement, looks = [e, e.nextElementSibling].filter(Boolean).map((x) => getComputedStyle(x));
  looks.push(getComputedStyle(e, "::after"), getComputedStyle(e, "::-webkit-slider-thumb"));
  window.__stops ??= new Set(); __stops.add(e);
  return [e === document.body, e.matches("input[type=range]") || looks.some((s) =>
    s.outlineStyle !== "none" || s.boxShadow !== "none"), e.outerHTML.slice(0, 120)]; })()"""


@check
def tabbing(desk):
    """Tab reaches everything that can be clicked, and shows where it is"""
    page = desk.open(desk.shop.url(q="shoes", brand=desk.shop.search("shoes")["hits"][0]["product"]["brand"]))
    page.eval("document.activeElement.blur()")
    stops = page.eval(STOPS)
    for _ in range(stops + 10):
        page.press("Tab")
        out, marked, what = page.eval(MARKED)
        if out and page.eval("__stops.size > 1"):
            break
        need(marked or out, f"the focus cannot be seen on {what}")
    reached = page.eval("[...__stops].filter((e) => e !== document.body).length")
    same(reached, stops, "stops of Tab")


@check
def keyboard(desk):
    """a whole visit by keys: / letters arrows Enter Escape Space"""
    page = desk.open(desk.shop.url())
    page.eval("document.activeElement.blur()")
    active = lambda: page.eval("document.activeElement.dataset.open ?? document.activeElement.id")
    page.press("/")
    same(active(), "q", "the focus after /")
    same(page.eval("document.getElementById('q').value"), "", "the box after /")
    page.type("shoes")
    page.settle()
    found = view(page)["ids"]
    page.press("ArrowDown")
    same(active(), found[0], "the focus after the down arrow")
    page.press("ArrowRight")
    same(active(), found[1], "the focus after the right arrow")
    page.press("ArrowDown")
    columns = page.eval("getComputedStyle(document.getElementById('results')).gridTemplateColumns.split(' ').length")
    same(active(), found[1 + columns], "the focus one row down")
    top, bottom, height = page.eval("(({ top, bottom }) => [top, bottom, innerHeight])(document.activeElement.getBoundingClientRect())")
    need(0 <= top and bottom <= height, "the focus is out of sight")
    page.press("ArrowUp")
    page.press("ArrowLeft")
    same(active(), found[0], "the focus back at the first")
    page.press("Enter")
    page.settle()
    need(view(page)["product"], "Enter opens no product")
    page.press("ArrowDown")  # scrolls; must not lead out of the dialog
    for _ in range(40):
        page.press("Tab")
        need(page.eval("document.activeElement === document.body || !!document.activeElement.closest('dialog')"),
             "Tab leaves the product's page")
    page.press("Escape")
    time.sleep(0.1)
    page.settle()
    same((view(page)["product"], active()), (None, found[0]), "after Escape")
    page.press("Escape")
    same(active(), "q", "the focus after Escape in the results")
    page.press("Escape")
    page.settle()
    same(view(page)["q"], "", "the box after Escape")
    page.eval("document.querySelector('#facets input[type=checkbox]').focus()")
    key = page.eval("document.activeElement.dataset.key")
    page.press(" ")
    page.settle()
    same(page.eval("[document.activeElement.dataset.key, document.activeElement.checked]"), [key, True],
         "the focus after choosing a filter with Space")
    page.press(" ")
    page.settle()
    same(view(page)["chips"], [], "filters after Space again")


@check
def phone(desk):
    """at a phone's width filters open in a drawer, and Arabic is mirrored there too"""
    page = desk.open(desk.shop.url(q="shoes"), language="ar", width=390, height=844, touch=True)
    same(overflow(page), [], "what sticks out")
    page.click("#open-filters")
    page.settle()
    need(page.eval("document.getElementById('filters').open"), "the drawer does not open")
    same(overflow(page), [], "what sticks out of the drawer")
    need(page.eval("document.getElementById('filters').getBoundingClientRect().left < 8"), "the drawer is not at the left")
    value, n, _ = facet(page, "brand")[0]
    page.click(box("brand", value))
    page.settle()
    same(number(page.eval("document.getElementById('drawer-done').textContent")),
         desk.shop.search("shoes", filter=f"brand = {json.dumps(value)}")["total"], "the drawer's count")
    page.click("#drawer-done")
    page.settle()
    same((len(view(page)["chips"]), page.eval("document.getElementById('filters').open")), (1, False), "the drawer closed")
    small = page.eval("""[...document.querySelectorAll("button, select, #q")]
      .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80))""")
    same(small, [], "targets too low for a finger")
    page.click("#results a[data-open]")
    page.settle()
    same(overflow(page), [], "what sticks out of the product's page")

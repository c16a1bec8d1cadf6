"""Facets, the category tree, prices, sorting and paging agree with what the service counts."""
import json
import re

from view import box, check, facet, ids, need, number, same, total, view


@check
def facets(desk):
    """a facet's count is what its click shows; values of one facet add up"""
    for q in "", "leather shoes":
        page = desk.open(desk.shop.url(**({"q": q} if q else {})))
        whole = total(page)
        offered = facet(page, "brand")
        need(len(offered) >= 2, "no brands to choose from")
        (first, n1, _), (second, n2, _) = offered[:2]
        page.click(box("brand", first))
        page.settle()
        same(total(page), number(n1), f"the count after choosing {first}")
        same(view(page)["ids"], ids(desk.shop.search(q, filter=f'brand = {json.dumps(first)}', limit=24)), "products")
        same([v for v, _, on in facet(page, "brand") if on], [first], "the chosen brand")
        same(dict((v, n) for v, n, _ in facet(page, "brand")).get(second), n2, f"the count of {second} beside {first}")
        for value, n, _ in facet(page, "availability")[:2]:
            page.click(box("availability", value))
            page.settle()
            same(total(page), number(n), f"the count after choosing {first} and {value}")
            page.click(box("availability", value))
            page.settle()
        page.click(box("brand", second))
        page.settle()
        same(total(page), number(n1) + number(n2), f"the count after choosing {first} and {second}")
        same(len(view(page)["chips"]), 2, "chips")
        page.click("#chips .chip")
        page.settle()
        same(total(page), number(n2), f"the count after taking {first} away")
        page.click("#chips .chip")
        page.settle()
        same(total(page), whole, "the count without filters")


@check
def more_facets(desk):
    """every facet's first values agree with what they show, colours too"""
    page = desk.open(desk.shop.url())
    seen = 0
    keys = page.eval("[...document.querySelectorAll('#facets input[type=checkbox]')].map((i) => i.dataset.key)")
    for field in dict.fromkeys(key.split("=")[0] for key in keys):
        offered = facet(page, field)
        if not offered:  # attributes are offered by the products on the page, and others may have come
            continue
        value, n, _ = offered[0]
        page.click(box(field, value))
        page.settle()
        if n.endswith("+"):  # a colour of which rare words may be missing in a list cut by the service
            need(total(page) >= number(n), f"the count after choosing {field} {value}: {total(page)}, and not at least {n}")
        else:
            same(total(page), number(n), f"the count after choosing {field} {value}")
        page.click(box(field, value))
        page.settle()
        seen += 1
    need(seen >= 4, f"only {seen} facets are offered")


@check
def categories(desk):
    """the category tree opens step by step, and its counts are what it shows"""
    page = desk.open(desk.shop.url())
    whole = total(page)
    rows = """[...document.querySelectorAll("#facets .tree button.value")]
      .map((b) => [b.dataset.key.slice(9), b.querySelector(".n").textContent])"""
    path, n = page.eval(rows)[0]
    page.click(box("category", path))
    page.settle()
    same(total(page), number(n), f"the count in {path}")
    below = [row for row in page.eval(rows) if row[0].startswith(path + " > ")]
    need(below, f"{path} does not open")
    need(sum(number(row[1]) for row in below) <= number(n), "the steps below hold more than the one above")
    step, n = below[0]
    page.click(box("category", step))
    page.settle()
    same(total(page), number(n), f"the count in {step}")
    same(page.eval("document.querySelector('#facets [aria-pressed=true]').dataset.key"), "category=" + step, "the chosen step")
    page.click(box("category", step))  # again: one step up
    page.settle()
    same(view(page)["chips"][0].split(": ")[1], path, "the chip one step up")
    page.click(box("category", ""))
    page.settle()
    same(total(page), whole, "the count of all categories")


@check
def prices(desk):
    """the price slider works in one currency and keeps what it says"""
    page = desk.open(desk.shop.url())
    currency = facet(page, "currency")[0][0]
    need(not page.eval("!!document.querySelector('#facets input[type=range]')"), "a slider across currencies")
    page.click(box("currency", currency))
    page.settle()
    whole = total(page)
    page.eval("document.querySelector('#facets input[type=range]').focus()")
    for _ in range(30):
        page.press("ArrowRight")
    page.settle()
    page.eval("document.querySelectorAll('#facets input[type=range]')[1].focus()")
    for _ in range(30):
        page.press("ArrowLeft")
    page.settle()
    low, high = (float(x) for x in re.search(r"price=([\d.]+?)\.\.([\d.]+)", page.eval("location.search")).groups())
    need(0 < low < high, f"the range is {low} to {high}")
    answer = desk.shop.search(filter=f'currency = "{currency}" AND price >= {low} AND price <= {high}', limit=24)
    same(total(page), answer["total"], "the count in the range")
    need(0 < answer["total"] < whole, "the range leaves all or nothing")
    same(view(page)["ids"], ids(answer), "products in the range")
    need(all(low <= hit["product"]["price"] <= high for hit in answer["hits"]), "prices beyond the range")
    page.click("#chips .chip:last-child" if len(view(page)["chips"]) == 1 else "(document.querySelectorAll('.chip')[1])")
    page.settle()
    same(total(page), whole, "the count without the range")


@check
def sorting(desk):
    """sorting by price goes up and down"""
    page = desk.open(desk.shop.url(currency="EUR"))
    for sort in "price:asc", "price:desc":
        page.eval(f"(() => {{ const s = document.getElementById('sort'); s.value = '{sort}'; s.dispatchEvent(new Event('change')); }})()")
        page.settle()
        answer = desk.shop.search(filter='currency = "EUR"', sort=[sort], limit=24)
        same(view(page)["ids"], ids(answer), f"products by {sort}")
        found = [hit["product"]["price"] for hit in answer["hits"]]
        same(found, sorted(found, reverse=sort.endswith("desc")), f"prices by {sort}")
    page.reload()
    same((view(page)["sort"], view(page)["ids"]), ("price:desc", ids(answer)), "after a reload")


@check
def paging(desk):
    """'Show more' goes on where the page ends, to the end, without repeating a product"""
    page = desk.open(desk.shop.url())
    whole = total(page)
    need(whole > 24, "too few products to page through")
    seen = 24
    while seen < min(whole, 96):
        page.eval("scrollTo(0, document.body.scrollHeight)")
        page.click("#more")
        page.settle()
        need(page.eval("scrollY") > 100, "the page jumps to its top")
        shown = view(page)["ids"]
        seen = min(seen + 24, whole)
        same(len(shown), seen, "products shown")
        same(len(set(shown)), seen, "different products")
        same(shown, ids(desk.shop.search(limit=seen)), "products")
        same(page.eval("document.getElementById('more').hidden"), seen >= whole, "the end of the list")
    page.reload()
    same(len(view(page)["ids"]), seen, "products after a reload")

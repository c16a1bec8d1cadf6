"""What checks share: saying what is wanted, and reading the page.

A check is a function marked @check whose docstring is its promise. It gets a Desk (run.py): the service, the browser and a way
to open pages. need() and same() end it with a sentence. What the page shows is compared with what the service answers, never
with numbers written down here, so another sample catalogue changes nothing.
"""
import json
import re

from chromium import Failed

CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def need(good, sentence):
    if not good:
        raise Failed(sentence)


def same(got, wanted, what):
    if got != wanted:
        raise Failed(f"{what}: {short(got)}, and not {short(wanted)}")


def short(value, limit=300):
    text = ascii(value)
    return text if len(text) <= limit else text[:limit] + "..."


# ---- reading the page ----

VIEW = """(() => {
  const $ = (id) => document.getElementById(id);
  return {
    ids: [...document.querySelectorAll("#results > li")].map((li) => li.dataset.id),
    count: $("count").textContent, q: $("q").value, sort: $("sort").value, search: location.search,
    chips: [...document.querySelectorAll(".chip bdi")].map((e) => e.textContent),
    nothing: !$("nothing").hidden, alert: document.querySelector("#notes [role=alert]")?.textContent ?? null,
    product: $("product").open ? document.querySelector("#product-title")?.textContent ?? "" : null,
  };
})()"""


def view(page):
    return page.eval(VIEW)


def number(text):
    return int(re.sub(r"\D", "", text))


def total(page):
    return number(page.eval("document.getElementById('count').textContent"))


def facet(page, field):
    """[value, count, checked] of the visible values of a facet."""
    return page.eval(f"""[...document.querySelectorAll("#facets input[type=checkbox]")]
      .filter((i) => i.dataset.key.startsWith("{field}="))
      .map((i) => [i.dataset.key.slice({len(field) + 1}), i.closest("label").querySelector(".n").textContent, i.checked])""")


def box(field, value):
    """The checkbox or category of a value, as an expression for click()."""
    return f"([...document.querySelectorAll('#facets [data-key]')].find((e) => e.dataset.key === {json.dumps(field + '=' + value)}))"


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def overflow(page):
    """What sticks out of the window sideways; scrolling rows may."""
    return page.eval("""(() => {
      const wide = innerWidth, out = [];
      if (document.scrollingElement.scrollWidth > wide) out.push("page " + document.scrollingElement.scrollWidth);
      const root = document.querySelector("dialog[open]") ?? document.body;
      if (root.scrollWidth > root.clientWidth) out.push(root.id + " " + root.scrollWidth + " in " + root.clientWidth);
      for (const el of root.querySelectorAll("*")) {
        if (el.closest(".hidden, .skip, .row .grid, svg, select, dialog:not([open])")) continue;
        const r = el.getBoundingClientRect();
        if (r.width && (r.right > wide + 1 || r.left < -1))
          out.push(el.tagName + "." + el.className + " " + Math.round(r.left) + ".." + Math.round(r.right));
      }
      return out.slice(0, 4);
    })()""")


def fits(page, width, what):
    page.size(width, 800)
    page.eval("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    same(overflow(page), [], f"what sticks out of {what} at {width} px")

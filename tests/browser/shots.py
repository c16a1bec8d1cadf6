"""Screenshots for the README: a query and a product in three languages, on a desktop and a phone."""
import os

from view import check

FOLDER = "build/screenshots"
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844, "scale": 2, "touch": True}}
QUERIES = {"en": "wireless headphones", "ar": "حذاء رياضي", "ja": "ヘッドホン"}


@check
def screenshots(desk):
    """screenshots in English, Arabic and Japanese, wide and narrow, are in build/screenshots"""
    os.makedirs(FOLDER, exist_ok=True)
    for language, q in QUERIES.items():
        first = desk.shop.search(q)["hits"][0]["id"]
        for size, options in SIZES.items():
            page = desk.open(desk.shop.url(), language=language, **options)
            for name, state in ("", {"q": q}), ("-product", {"q": q, "p": first}), ("-browse", {}), ("-dark", {}):
                page.look(dark=name == "-dark")
                page.goto(desk.shop.url(**state))
                page.eval("document.activeElement.blur()")
                page.settle()
                page.screenshot(f"{FOLDER}/{language}-{size}{name}.png")

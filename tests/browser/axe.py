"""Accessibility, by axe-core, which npm fetches into the folder of a run: nothing of it is kept in the repository."""
import glob
import shutil
import subprocess

from view import check, same

VERSION = "4.10.3"


def source(folder):
    """Its script, or None when there is no npm or no registry."""
    if not shutil.which("npm"):
        return None
    try:
        subprocess.run(["npm", "pack", "--silent", f"axe-core@{VERSION}"], cwd=folder, check=True, timeout=60, capture_output=True)
        subprocess.run(["tar", "-xzf", *glob.glob("axe-core-*.tgz", root_dir=folder)], cwd=folder, check=True)
        with open(f"{folder}/package/axe.min.js", encoding="utf-8") as f:
            return f.read()
    except (subprocess.SubprocessError, OSError):
        return None


def serious(page, script):
    """[rule, impact, element] of what is serious or critical."""
    page.eval(script + ";0")  # the debugger's hand, not the page's: its content security policy does not forbid it
    return page.eval("""axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
      .filter((v) => v.impact === "serious" || v.impact === "critical")
      .flatMap((v) => v.nodes.slice(0, 3).map((n) => [v.id, v.impact, n.target.join(" ") + ": " + n.html.slice(0, 120)])))""")


@check
def accessible(desk):
    """axe-core finds no serious or critical fault on the main views, light and dark"""
    script = source(desk.folder)
    if not script:
        return desk.skip(f"axe-core {VERSION} cannot be had: npm is missing, or does not reach its registry")
    first = desk.shop.search("shoes")["hits"][0]["product"]
    faults = []
    wide, phone = desk.open(desk.shop.url(index="stress")), desk.open(desk.shop.url(), language="ar", width=390, height=844)
    for name, page, state, dark in (
            ("results", wide, {"q": "shoes", "brand": first["brand"]}, False), ("browsing, dark", wide, {}, True),
            ("a product", wide, {"q": "shoes", "p": first["id"]}, False), ("a product, dark", wide, {"p": first["id"]}, True),
            ("nothing", wide, {"q": "shoes", "price": "0..0.01"}, False), ("hostile", wide, {"index": "stress", "q": "Stress"}, False),
            ("Arabic phone", phone, {"q": "حذاء"}, False), ("Arabic phone, filters", phone, {"q": "حذاء"}, True)):
        page.look(dark)
        page.goto(desk.shop.url(**state))
        if name.endswith("filters"):
            page.click("#open-filters")
            page.settle()
        faults += [f"{name}: {impact} {rule} at {where}" for rule, impact, where in serious(page, script)]
    same(faults, [], "faults")

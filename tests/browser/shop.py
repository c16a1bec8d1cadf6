"""The service under test: two indexes in a temporary folder, and `souk serve` on a free port of loopback.

    products    the sample catalogue
    stress      the sample catalogue and the products of hostile()
"""
import json
import os
import re
import subprocess
import time
import urllib.parse
import urllib.request

from chromium import Failed

SAMPLE = "bench/sample/products.jsonl"
MODEL = "embed/models/souk-static.gguf"
STRANGER = "https://pictures.invalid/"  # whose pictures a product of "stress" asks for
PICTURES = "bench/sample/pictures"


def hostile(origin):
    """Products that a careless page would stumble over, by a short name that is also their brand or SKU."""
    word = "Donaudampfschifffahrt" * 239
    ran = "window.__ran=1"
    return {
        "script": {"title": f"<script>{ran}</script><img src=x onerror={ran}> \"Lamp\" & <b>Co</b> </title><svg onload={ran}>",
                   "description": f"<iframe srcdoc='<script>parent.__ran=1</script>'></iframe><mark>no mark</mark> &lt;b&gt;",
                   "brand": f"\"><img src=x onerror={ran}>", "category": f"<i onclick={ran}>Lamps</i> > \"quoted\" 'x' > & so",
                   "url": f"javascript:{ran}", "image": f"javascript:{ran}", "price": 5, "currency": "EUR",
                   "attributes": {f"<u>{ran}</u>": f"<s>{ran}</s>", "color": "</style><script>", "note": "<mark>x</mark>"}},
        "long": {"title": word[:5000], "description": word[:5000], "brand": word[:240], "category": f"{word[:120]} > {word[:100]}",
                 "price": 5, "currency": "EUR", "attributes": {"material": word[:250]}},
        "free": {"title": "Stressgift free of charge", "price": 0, "currency": "EUR", "brand": "Stressgift"},
        "dear": {"title": "Stressgem beyond price", "price": 1e12, "list_price": 2e12, "currency": "EUR", "brand": "Stressgem"},
        "plain": {"title": "Stressplain without a picture"},
        "gone": {"title": "Stressgone with a picture that is not there", "image": origin + "/pictures/none.png"},
        "away": {"title": "Stressaway with a picture of a shop that is not there", "image": STRANGER + "1.png"},
        "bidi": {"title": "Stressbidi \u202etxt.exe\u2066 lamp", "brand": "\u202eEVIL\u2067 Brand \u200f", "price": 12.5,
                 "currency": "EUR", "attributes": {"color": "\u202eder", "size": "\u202e34-12"}},
        "facets": {"title": "Stressfacets of three thousand kinds", "attributes": {"kind": [f"kind {i:04}" for i in range(3000)]}},
        "names": {"title": "Stressnames constructor", "brand": "__proto__", "category": "constructor > __proto__", "lang": "constructor",
                  "availability": "in_stock", "attributes": {"color": "__proto__", "constructor": "toString", "__proto__": "valueOf"}},
        "odd": {"id": "odd/../?a=b&c#d%2F\"<e>+f g", "title": "Stressodd number"},
        "words": {"title": {"en": "Stresswords in English", "ar": "كلمات Stresswords", "ja": "Stresswords 日本語"}},
    }


class Shop:
    def __init__(self, souk, folder):
        self.souk, self.folder, self.process, self.port = souk, folder, None, 0
        self._index("products", [SAMPLE])
        self.start()
        products = hostile(self.origin)
        self.ids = {name: p.setdefault("id", "stress-" + name) for name, p in products.items()}
        self.hostile = products
        feed = f"{folder}/stress.jsonl"
        with open(feed, "w", encoding="utf-8") as f:
            for product in products.values():
                f.write(json.dumps(product) + "\n")
        self._index("stress", [SAMPLE, feed])

    def _index(self, name, files):
        done = subprocess.run([self.souk, "index", "-q", "-D", f"{self.folder}/data", "-i", name, "--model", MODEL, *files],
                              capture_output=True, text=True, timeout=60)
        # 3: some lines, or parts of them, were refused and named.
        if done.returncode not in (0, 3):
            raise Failed(f"souk index: {done.stderr}")

    def start(self):
        command = [self.souk, "serve", "-D", f"{self.folder}/data", "--model", MODEL, "--listen", f"127.0.0.1:{self.port}"]
        if os.path.isdir(PICTURES):
            command += ["--pictures", PICTURES]
        said = f"{self.folder}/serve.out"
        with open(said, "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        for _ in range(300):
            with open(said, encoding="utf-8") as out:
                text = out.read()
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", text):
                self.port = int(found[1])
                self.origin = f"http://127.0.0.1:{self.port}"
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.03)
        raise Failed(f"souk serve: {text}")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)

    def get(self, path):
        with urllib.request.urlopen(self.origin + path, timeout=10) as answer:
            return answer.headers, answer.read()

    def search(self, q="", index="products", **body):
        """What the service itself says: the page is held to it."""
        data = json.dumps({"q": q, **body}).encode()
        request = urllib.request.Request(f"{self.origin}/indexes/{index}/search", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def url(self, **state):
        """The address of a view; dots in field names are written as __."""
        pairs = [(key.replace("__", "."), v) for key, value in state.items() for v in (value if isinstance(value, list) else [value])]
        return self.origin + "/" + ("?" + urllib.parse.urlencode(pairs) if pairs else "")

#!/usr/bin/env python3
"""`souk serve` as its clients meet it: searches, imports, refusals, restarts, load.

    tests/serve_http.py BUILD_DIR [TEST...]      from the top of the source tree; TEST as in Reading.test_health

Each class starts services of its own on free loopback ports, over data folders in $TMPDIR, and stops them by process id. A
watchdog ends everything after five minutes.
"""
import gzip
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from urllib.parse import quote, urlencode

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOUK = os.environ.get("SOUK", os.path.join(TOP, "souk"))
PRODUCTS = os.path.join(TOP, "bench/sample/products.jsonl")
os.environ.setdefault("SOUK_MODEL", os.path.join(TOP, "embed/models/souk-static.gguf"))
TOY_MODEL = os.path.join(TOP, "tests/corpus/gguf/static-i8.gguf")
LIMIT_S = 300
running = []


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


SAMPLE = [json.loads(line) for line in read(PRODUCTS).splitlines()]


def index(data, lines, *options, expect=0):
    """souk index, with lines on its standard input."""
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    p = subprocess.run([SOUK, "index", "-q", "-D", data, *options, "-"], input=text.encode(), capture_output=True, timeout=60)
    assert p.returncode == expect, "souk index: exit %d: %s" % (p.returncode, p.stderr.decode())


class Service:
    def __init__(self, data, *options, env=None):
        self.process = subprocess.Popen([SOUK, "serve", "-D", data, "--listen", "127.0.0.1:0", "--threads", "4", *options],
                                        stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
        running.append(self.process)
        self.said = b""
        while b" at http://" not in self.said:
            line = self.process.stderr.readline()
            assert line, "souk serve ended: %s" % self.said.decode()
            self.said += line
        self.port = int(re.search(rb"at http://127\.0\.0\.1:(\d+)/", self.said).group(1))
        self.reader = threading.Thread(target=self.read_rest)
        self.reader.start()

    def read_rest(self):
        for line in self.process.stderr:
            self.said += line

    def stop(self, sig=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.reader.join(5)
            self.process.stderr.close()
            running.remove(self.process)

    def ask(self, method, path, body=None, **headers):
        """One request on a connection of its own: (status, headers, body)."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            if body is not None and not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            if isinstance(body, str):
                body = body.encode()
            c.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            r = c.getresponse()
            return r.status, r.headers, r.read()
        finally:
            c.close()

    def json(self, method, path, body=None, status=200, **headers):
        got, head, text = self.ask(method, path, body, **headers)
        assert got == status, "%s %s: %d instead of %d: %s" % (method, path, got, status, text[:300])
        return json.loads(text)

    def search(self, name="products", **body):
        return self.json("POST", "/indexes/%s/search" % name, body)

    def put(self, lines, query="", name="products", status=200, **headers):
        """Posts documents; the result of each line."""
        body = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
        got, head, text = self.ask("POST", "/indexes/%s/documents%s" % (name, query), body, **headers)
        assert got == status, "%d instead of %d: %s" % (got, status, text[:300])
        return [json.loads(line) for line in text.decode().splitlines()]

    def get(self, id, status=200, name="products"):
        return self.json("GET", "/indexes/%s/documents/%s" % (name, quote(id, safe="")), status=status)


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def same_but_for_time(a):
    a = dict(a)
    a.pop("took_ms")
    return a


class Case(unittest.TestCase):
    env = {}
    options = ()

    @classmethod
    def products(cls):
        return SAMPLE

    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.mkdtemp(prefix="souk-serve-")
        index(cls.data, cls.products())
        cls.souk = Service(cls.data, *cls.options, env=cls.env)

    @classmethod
    def tearDownClass(cls):
        code = cls.souk.stop()
        shutil.rmtree(cls.data)
        assert code == 0, "souk serve: exit %d: %s" % (code, cls.souk.said.decode())


# ---- reading ----

SEARCHES = [
    {"q": "rote turnschuhe"},
    {"q": "赤いスニーカー", "limit": 3, "offset": 2},
    {"q": "olive oil", "mode": "lexical", "facets": ["brand", "category"], "filter": "price < 50"},
    {"q": "زيت زيتون", "mode": "semantic", "sort": ["price:asc", "popularity:desc"]},
    {"q": "", "limit": 0, "facets": ["attributes.color"]},
    {"q": "a&b=c%+ d", "highlight": ["title", "description"], "fields": ["title"], "lang": "fr", "explain": True},
]

REFUSALS = [  # method, path, body, status, code, field
    ("POST", "/indexes/products/search", "{", 400, "bad_request", None),
    ("POST", "/indexes/products/search", "", 400, "bad_request", None),
    ("POST", "/indexes/products/search", "[]", 400, "bad_request", None),
    ("POST", "/indexes/products/search", b'{"q":"\xff"}', 400, "bad_request", None),
    ("POST", "/indexes/products/search", '{"q":"a","q":"b"}', 400, "bad_request", None),
    ("POST", "/indexes/products/search", {"q": 5}, 400, "bad_request", "q"),
    ("POST", "/indexes/products/search", {"limit": 1001}, 400, "bad_request", "limit"),
    ("POST", "/indexes/products/search", {"limt": 1}, 400, "bad_request", "limt"),
    ("POST", "/indexes/products/search", {"mode": "psychic"}, 400, "bad_request", "mode"),
    ("POST", "/indexes/products/search", {"filter": "price <"}, 400, "bad_request", "filter"),
    ("POST", "/indexes/products/search", {"filter": "nothing = 1"}, 400, "bad_request", "filter"),
    ("POST", "/indexes/products/search", {"sort": ["nothing:asc"]}, 400, "bad_request", "sort"),
    ("POST", "/indexes/products/search", {"sort": ["price"]}, 400, "bad_request", "sort"),
    ("POST", "/indexes/products/search", {"q": "x" * 2049}, 400, "too_large", "q"),
    ("POST", "/indexes/products/search", {"filter": "携帯" * 99}, 400, "bad_request", "filter"),
    ("POST", "/indexes/products/search", '{"q":"a"%s}' % (" " * (256 << 10)), 413, "too_large", None),
    ("GET", "/indexes/products/search?limit=x", None, 400, "bad_request", "limit"),
    ("GET", "/indexes/products/search?explain=maybe", None, 400, "bad_request", "explain"),
    ("GET", "/indexes/products/search?q=%FF", None, 400, None, None),
    ("GET", "/indexes/nothing/search?q=a", None, 404, "not_found", None),
    ("GET", "/indexes/..%2Fproducts/search?q=a", None, 404, None, None),
    ("GET", "/indexes//search?q=a", None, None, None, None),
    ("POST", "/indexes/nothing/documents", '{"id":"a"}', 404, "not_found", None),
    ("GET", "/indexes/products/documents/nothing", None, 404, "not_found", None),
    ("DELETE", "/indexes/products/documents/nothing", None, 404, "not_found", None),
    ("GET", "/indexes/products/similar/nothing", None, 404, "not_found", None),
    ("GET", "/indexes/products", None, 404, "not_found", None),
    ("GET", "/nothing", None, 404, "not_found", None),
    ("GET", "/web/../routes.c", None, 404, None, None),
    ("PUT", "/indexes/products/search", "{}", 405, "method_not_allowed", None),
    ("DELETE", "/indexes", None, 405, "method_not_allowed", None),
    ("GET", "/indexes/products/documents", None, 405, "method_not_allowed", None),
    ("PUT", "/indexes/products/documents/de-0001", "{}", 405, "method_not_allowed", None),
    ("POST", "/indexes/products/similar/de-0001", "{}", 405, "method_not_allowed", None),
    ("POST", "/", "", 405, "method_not_allowed", None),
]

SAMPLE_LINE = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_]+="[^"\\\n]*"(,[a-zA-Z_]+="[^"\\\n]*")*\})? '
                         r'(\+Inf|-Inf|NaN|[-+0-9.eE]+)$')


class Reading(Case):
    def test_health(self):
        for path in ("/healthz", "/readyz"):
            status, head, body = self.souk.ask("GET", path)
            self.assertEqual((status, body), (200, b"ok\n"))

    def metrics(self):
        status, head, body = self.souk.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(head["Content-Type"].startswith("text/plain; version=0.0.4"))
        values = {}
        for line in body.decode().splitlines():
            if line.startswith("# HELP ") or line.startswith("# TYPE "):
                continue
            self.assertRegex(line, SAMPLE_LINE)
            name, value = line.rsplit(" ", 1)
            self.assertNotIn(name, values)
            values[name] = float(value)
        self.assertTrue(body.endswith(b"\n"))
        return values

    def test_metrics_count_what_happens(self):
        before = self.metrics()
        for q in ("olive oil", "schuhe"):
            self.souk.search(q=q)
        self.souk.search(q="4006381333931")
        self.souk.ask("POST", "/indexes/products/search", "{")
        after = self.metrics()
        grown = {name: after[name] - before[name] for name in after}
        self.assertEqual(grown["souk_searches_total"], 3)
        self.assertEqual(grown["souk_search_failures_total"], 1)
        self.assertEqual(grown['souk_search_seconds_bucket{le="+Inf"}'], 3)
        self.assertEqual(grown["souk_search_seconds_count"], 3)
        self.assertGreaterEqual(grown["souk_empty_results_total"], 1)
        self.assertGreaterEqual(grown["souk_http_responses_4xx_total"], 1)
        buckets = [after[n] for n in after if n.startswith("souk_search_seconds_bucket")]
        self.assertEqual(buckets, sorted(buckets))

    def test_get_and_post_give_the_same(self):
        for body in SEARCHES:
            post = self.souk.search(**body)
            flat = {k: ",".join(v) if isinstance(v, list) else str(v).lower() if v is True else v for k, v in body.items()}
            got = self.souk.json("GET", "/indexes/products/search?" + urlencode(flat))
            for a in (post, got):
                a.get("explain", {}).pop("semantic_ms", None)
                a.get("explain", {}).pop("lexical_ms", None)
            self.assertEqual(same_but_for_time(post), same_but_for_time(got), body)

    def test_pages_add_up(self):
        for body in SEARCHES:
            body = {**body, "limit": 1000, "offset": 0}
            whole = self.souk.search(**body)
            self.assertEqual(len(whole["hits"]), min(1000, whole["total"]))
            walked = []
            for offset in range(0, len(whole["hits"]), 50):
                walked += ids(self.souk.search(**{**body, "limit": 50, "offset": offset}))
            self.assertEqual(walked, ids(whole))

    def test_refusals(self):
        for method, path, body, status, code, field in REFUSALS:
            got, head, text = self.souk.ask(method, path, body)
            what = "%s %s %s: %d %s" % (method, path, str(body)[:60], got, text[:200])
            self.assertTrue(400 <= got < 500 if status is None else got == status, what)
            error = json.loads(text)["error"]
            self.assertTrue(error["message"], what)
            if code:
                self.assertEqual(error["code"], code, what)
            self.assertEqual(error.get("field"), field, what)
            self.assertEqual(got == 405, "Allow" in head, what)
        self.test_health()

    def test_a_body_too_large_is_refused_before_it_is_sent(self):
        with socket.create_connection(("127.0.0.1", self.souk.port), 10) as s:
            s.sendall(b"POST /indexes/products/documents HTTP/1.1\r\nHost: a\r\nContent-Length: 70000000\r\n\r\n")
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = s.recv(4096)
                self.assertTrue(piece, answer)
                answer += piece
            self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)

    def test_indexes_are_listed(self):
        self.assertEqual(self.souk.json("GET", "/indexes"), {"indexes": [{"name": "products", "products": len(SAMPLE)}]})

    def test_documents_come_back_as_they_were(self):
        for product in SAMPLE[::40]:
            self.assertEqual(self.souk.get(product["id"]), product)

    def test_similar(self):
        a = self.souk.json("GET", "/indexes/products/similar/de-0002?limit=5")
        self.assertEqual(len(a["hits"]), 5)
        self.assertNotIn("de-0002", ids(a))
        scores = [hit["score"] for hit in a["hits"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        a = self.souk.json("GET", "/indexes/products/similar/de-0002?filter=" + quote("lang = ja"))
        self.assertTrue(all(hit["product"]["lang"] == "ja" for hit in a["hits"]))

    def test_accept_language_chooses_the_text(self):
        many = next(p for p in SAMPLE if isinstance(p["title"], dict))
        for lang, title in many["title"].items():
            a = self.souk.json("GET", "/indexes/products/search?q=" + many["gtin"], Accept_Language=lang + "-XX,en;q=0.5")
            self.assertEqual(a["hits"][0]["product"]["title"], title)

    def test_gzip_holds_the_same(self):
        path = "/indexes/products/search?q=olive&limit=50"
        status, head, body = self.souk.ask("GET", path, Accept_Encoding="gzip")
        self.assertEqual(head["Content-Encoding"], "gzip")
        plain = self.souk.json("GET", path)
        self.assertEqual(same_but_for_time(json.loads(gzip.decompress(body))), same_but_for_time(plain))

    def test_storefront(self):
        status, head, page = self.souk.ask("GET", "/")
        self.assertEqual(status, 200)
        self.assertEqual(head["Content-Type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", head["Content-Security-Policy"])
        self.assertNotIn("unsafe", head["Content-Security-Policy"])
        self.assertEqual(head["X-Content-Type-Options"], "nosniff")
        links = ["/" + name.lstrip("/") for name in re.findall(r'(?:src|href)="(/?web/[^"]+)"', page.decode())]
        self.assertGreater(len(links), 1)
        for path in ["/", *links]:
            status, head, body = self.souk.ask("GET", path)
            self.assertEqual(status, 200, path)
            etag = head["ETag"]
            status, again, empty = self.souk.ask("GET", path, If_None_Match=etag)
            self.assertEqual((status, empty, again["ETag"]), (304, b"", etag), path)
            status, again, same = self.souk.ask("GET", path, If_None_Match='"0"')
            self.assertEqual((status, same), (200, body), path)

    def test_head_is_get_without_the_body(self):
        for path in ("/", "/healthz", "/indexes", "/indexes/products/documents/de-0001", "/nothing"):
            got, expected, body = self.souk.ask("GET", path)
            status, head, empty = self.souk.ask("HEAD", path)
            self.assertEqual((status, empty), (got, b""), path)
            self.assertEqual(head["Content-Length"], str(len(body)), path)
            self.assertEqual(head["Content-Type"], expected["Content-Type"], path)


# ---- writing ----

ODD_IDS = ["a/b", "a b", "100%", "ä/ö?x=1#y", "携帯電話", "..", "%2F", "a+b", "a&b=c", "\\", '"', "x" * 256]


class Writing(Case):
    @classmethod
    def products(cls):
        return SAMPLE[:20]

    def test_each_line_has_its_result(self):
        results = self.souk.put([
            {"id": "w1", "title": "first"},
            "\n",
            {"id": "w2", "title": "second", "price": "dear"},
            "not json\n",
            {"title": "no id"},
            {"id": "w1", "title": "first"},
            '{"id":"w3","title":"carriage return"}\r\n',
            {"id": "w1", "title": "first, changed"},
            {"id": "w1", "title": "first, changed", "price": 5},
            {"id": "w9", "deleted": True},
            {"id": "w3", "deleted": True},
            '{"id":"w4","title":"no line end"}',
        ])
        self.assertEqual([(r["line"], r.get("id"), r["status"]) for r in results],
                         [(1, "w1", "added"), (3, None, "refused"), (4, None, "refused"), (5, None, "refused"),
                          (6, "w1", "unchanged"), (7, "w3", "added"), (8, "w1", "replaced"), (9, "w1", "updated"),
                          (10, "w9", "not_found"), (11, "w3", "deleted"), (12, "w4", "added")])
        self.assertIn("price", results[1]["error"]["message"])
        self.assertEqual(self.souk.get("w1"), {"id": "w1", "title": "first, changed", "price": 5})
        self.souk.get("w3", status=404)
        self.assertEqual(ids(self.souk.search(q="carriage return", mode="lexical")), [])

    def test_nothing_but_refused_lines_is_a_bad_request(self):
        results = self.souk.put(["{}\n", "[]\n"], status=400)
        self.assertEqual([r["status"] for r in results], ["refused", "refused"])
        self.assertEqual(self.souk.put([]), [])

    def test_update_changes_single_fields(self):
        self.souk.put([{"id": "u1", "title": "lamp", "price": 10, "brand": "Lumo", "attributes": {"color": "red", "watt": 5}}])
        results = self.souk.put([{"id": "u1", "price": 7.5}, {"id": "u1", "attributes": {"watt": None}}, {"id": "u2", "price": 1}],
                                "?update=true")
        self.assertEqual([r["status"] for r in results], ["updated", "replaced", "not_found"], "other words are another text")
        self.assertEqual(self.souk.get("u1"),
                         {"id": "u1", "title": "lamp", "price": 7.5, "brand": "Lumo", "attributes": {"color": "red"}})
        self.assertEqual(ids(self.souk.search(filter="price = 7.5")), ["u1"])
        self.assertEqual(ids(self.souk.search(filter="attributes.watt = 5")), [])
        for word in ("yes", "TRUE", "", "2"):
            error = self.souk.json("POST", "/indexes/products/documents?update=" + word, {"id": "u1", "price": 1}, status=400)
            self.assertEqual(error["error"]["field"], "update")
        self.assertEqual(self.souk.get("u1")["title"], "lamp")

    def test_ids_of_any_letters(self):
        self.souk.put([{"id": id, "title": "odd", "price": 999} for id in ODD_IDS])
        for id in ODD_IDS:
            self.assertEqual(self.souk.get(id)["id"], id)
            a = self.souk.json("GET", "/indexes/products/similar/%s?limit=3" % quote(id, safe=""))
            self.assertNotIn(id, ids(a))
            self.assertEqual(ids(self.souk.search(filter="id = " + json.dumps(id))), [id])
        for id in ODD_IDS:
            path = "/indexes/products/documents/" + quote(id, safe="")
            self.assertEqual(self.souk.json("DELETE", path), {"status": "deleted"})
            self.souk.json("DELETE", path, status=404)
            self.souk.get(id, status=404)
        self.assertEqual(self.souk.search(filter="price = 999")["total"], 0)

    def test_pages_of_other_origins_may_not_write(self):
        line, own = [{"id": "o1", "title": "x"}], "http://127.0.0.1:%d" % self.souk.port
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1", own + ".evil.example", ""):
            for method, path in (("POST", "/indexes/products/documents"), ("DELETE", "/indexes/products/documents/de-0001")):
                status, head, body = self.souk.ask(method, path, json.dumps(line[0]), Origin=origin)
                self.assertEqual(status, 403, "%s from %s" % (method, origin))
        self.souk.get("o1", status=404)
        self.souk.get("de-0001")
        self.souk.put(line, Origin=own)
        self.souk.get("o1")

    def test_writing_through_a_proxy_takes_a_key(self):
        for sign in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"):
            status, head, body = self.souk.ask("POST", "/indexes/products/documents", '{"id":"p1"}', **{sign: "for=203.0.113.9"})
            self.assertEqual(status, 401, sign)
        self.souk.get("p1", status=404)

    def test_writing_without_a_key_takes_this_machines_own_name(self):
        line, port = '{"id":"h1","title":"x"}', self.souk.port
        for name in ("evil.example", "127.0.0.1.evil.example", "127.evil", "localhost.evil", "192.168.0.1", "[::2]", "[::1", "a" * 99):
            host = "%s:%d" % (name, port)
            for origin in ({}, {"Origin": "http://" + host}):
                for method, path in (("POST", "/indexes/products/documents"), ("DELETE", "/indexes/products/documents/de-0001")):
                    status, head, body = self.souk.ask(method, path, line, Host=host, **origin)
                    self.assertEqual(status, 403, "%s as %s" % (method, host))
        self.souk.get("h1", status=404)
        self.souk.get("de-0001")
        for name in ("localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "[::1]"):
            for host in (name, "%s:%d" % (name, port)):
                self.souk.put([line], Host=host, Origin="http://" + host)

    def test_a_command_line_update_is_seen_at_once(self):
        for price in (1.25, 2.25, 3.25):
            index(self.data, [{"id": "de-0003", "price": price}], "--update")
            began = time.monotonic()
            while self.souk.get("de-0003")["price"] != price:
                self.assertLess(time.monotonic() - began, 1)
            self.assertEqual(ids(self.souk.search(filter="price = %s" % price)), ["de-0003"])

    def test_while_another_process_writes_the_answer_is_busy(self):
        lock = os.path.join(self.data, "products", "lock")
        p = subprocess.Popen([SOUK, "index", "-q", "-D", self.data, "-"], stdin=subprocess.PIPE)
        running.append(p)
        try:
            began = time.monotonic()
            while str(p.pid) not in read(lock):
                self.assertLess(time.monotonic() - began, 10)
                time.sleep(0.01)
            e = self.souk.json("POST", "/indexes/products/documents", {"id": "b1", "title": "busy"}, status=409)["error"]
            self.assertEqual(e["code"], "busy")
            self.assertIn(str(p.pid), e["message"])
            self.souk.json("DELETE", "/indexes/products/documents/de-0005", status=409)
            self.souk.search(q="schuhe")
        finally:
            p.stdin.close()
            self.assertEqual(p.wait(20), 0)
            running.remove(p)
        self.souk.put([{"id": "b1", "title": "not busy"}])


class Rebuilt(Case):
    def test_a_rebuild_is_followed(self):
        for round in range(3):
            index(self.data, SAMPLE[:10 + round], "--rebuild")
            began = time.monotonic()
            while self.souk.search(filter="NOT brand = Behind")["total"] != 10 + round:
                self.assertLess(time.monotonic() - began, 2)
            self.souk.get("ko-0001", status=404)

    def test_a_write_behind_a_rebuild_goes_to_the_new_generation(self):
        stop = threading.Event()

        def visit():  # the service has always looked at CURRENT a moment ago
            while not stop.wait(0.01):
                self.souk.search(q="a", limit=1)
        visitor = threading.Thread(target=visit)
        visitor.start()
        try:
            for round in range(5):
                index(self.data, SAMPLE[:10], "--rebuild")
                self.souk.put([{"id": "new", "title": "behind a rebuild", "brand": "Behind"}])
                time.sleep(0.25)
                self.souk.get("new")
        finally:
            stop.set()
            visitor.join(20)
        self.souk.json("DELETE", "/indexes/products/documents/new")

    def test_an_index_made_later_is_found(self):
        self.souk.json("GET", "/indexes/later/search", status=404)
        index(self.data, SAMPLE[:3], "-i", "later")
        self.assertEqual(self.souk.search("later")["total"], 3)

    def test_an_index_of_another_model_is_a_conflict(self):
        index(self.data, SAMPLE[:3], "-i", "foreign", "--model", TOY_MODEL)
        e = self.souk.json("GET", "/indexes/foreign/search?q=a", status=409)["error"]
        self.assertEqual(e["code"], "mismatch")
        self.assertIn("foreign", e["message"])
        self.assertNotIn("foreign", [i["name"] for i in self.souk.json("GET", "/indexes")["indexes"]])


class Guarded(Case):
    env = {"SOUK_WRITE_KEY": "s3cret"}

    @classmethod
    def products(cls):
        return SAMPLE[:5]

    def test_writing_takes_the_key(self):
        line = '{"id":"k1","title":"key"}'
        for auth in (None, "", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret ", "Bearer s3crets", "Basic s3cret"):
            headers = {} if auth is None else {"Authorization": auth}
            status, head, body = self.souk.ask("POST", "/indexes/products/documents", line, **headers)
            if auth == "Bearer s3cret ":  # blanks around a header's value are not part of it
                self.assertEqual(status, 200)
                continue
            self.assertEqual(status, 401, auth)
            self.assertEqual(head["WWW-Authenticate"], "Bearer")
            status, head, body = self.souk.ask("DELETE", "/indexes/products/documents/de-0001", **headers)
            self.assertEqual(status, 401, auth)
        self.souk.put([line], Authorization="Bearer s3cret")
        self.souk.put([line], Authorization="bearer s3cret", Host="shop.example")
        status, head, body = self.souk.ask("POST", "/indexes/products/documents", line, Authorization="Bearer s3cret",
                                           Origin="http://evil.example")
        self.assertEqual(status, 403, "a key does not open the door to other pages")
        self.assertEqual(self.souk.search(q="key", mode="lexical")["total"], 1)


# ---- ends ----

class Studio(Case):
    judged = tempfile.mkdtemp(prefix="souk-judged-")
    options = ("--judgments", judged)

    @classmethod
    def products(cls):
        return SAMPLE[:60]

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.judged)

    def judge(self, **body):
        return self.souk.json("POST", "/studio/judgments", body)

    def test_judgments_are_kept_as_files_that_eval_reads(self):
        qid = self.judge(q="olivenöl", lang="de", id="de-0001", grade=2)["qid"]
        self.assertEqual(self.judge(q="olivenöl", lang="de", id="de-0002", grade=0)["qid"], qid)
        self.judge(qid=qid, id="de-0002", grade=None)
        kept = self.souk.json("GET", "/studio/judgments")
        self.assertEqual(kept["judgments"], {qid: {"de-0001": 2}})
        self.assertEqual([q["text"] for q in kept["queries"] if q["qid"] == qid], ["olivenöl"])
        with open(os.path.join(self.judged, "qrels.txt"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "%s 0 de-0001 2\n" % qid)

    def test_searching_goes_on_between_evaluations(self):
        self.judge(q="olivenöl", lang="de", id="de-0001", grade=2)
        for mode in ("hybrid", "lexical", "semantic", "hybrid"):
            self.assertEqual(self.souk.json("POST", "/studio/eval", {"mode": mode})["all"]["queries"], 1)
            self.assertTrue(self.souk.search(q="olivenöl")["hits"])

    def test_pages_of_other_origins_may_not_judge_or_evaluate(self):
        own = "127.0.0.1:%d" % self.souk.port
        judgment = {"q": "schuhe", "lang": "de", "id": "de-0002", "grade": 1}
        for path, body in (("/studio/judgments", judgment), ("/studio/eval", {"mode": "lexical"})):
            for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example", "Origin": "http://evil.example"}):
                self.souk.json("POST", path, body, status=403, **headers)
        self.assertNotIn("schuhe", [q["text"] for q in self.souk.json("GET", "/studio/judgments")["queries"]])
        qid = self.judge(q="schuhe", lang="de", id="de-0002", grade=1)["qid"]
        self.souk.json("POST", "/studio/eval", {"mode": "lexical"}, Origin="http://" + own)
        self.souk.json("POST", "/studio/judgments", {"qid": qid, "id": "de-0002", "grade": None}, Origin="http://" + own)

    def test_what_the_reader_would_refuse_is_not_written(self):
        files = [os.path.join(self.judged, name) for name in ("queries.tsv", "qrels.txt")]
        before = [os.path.exists(name) and read(name) for name in files]
        good = {"q": "a", "lang": "de", "id": "de-0001", "grade": 1}
        for bad in ({"q": "a\u0001b"}, {"q": "a\u007fb"}, {"q": "a\tb"}, {"q": ""}, {"q": " "}, {"q": "x" * 65536},
                    {"lang": "x" * 36}, {"lang": "d e"}, {"grade": 10}, {"grade": -1}, {"grade": -100}, {"grade": 2 ** 32 + 1},
                    {"grade": 1.5}, {"grade": "1"}, {"qid": "a b"}, {"qid": "a\u007f"}):
            self.assertEqual(self.souk.json("POST", "/studio/judgments", {**good, **bad}, status=400)["error"]["code"], "bad_request")
        self.assertEqual([os.path.exists(name) and read(name) for name in files], before)

    def test_the_longest_that_is_taken_is_read_back(self):
        text = "x" * (65536 - 35 - 33)
        qid = self.judge(q=text, lang="y" * 35)["qid"]
        self.assertEqual(self.judge(q=text, lang="y" * 35)["qid"], qid)
        self.assertNotEqual(self.judge(q="another", lang="y" * 35)["qid"], qid)
        kept = {q["qid"]: q["text"] for q in self.souk.json("GET", "/studio/judgments")["queries"]}
        self.assertEqual(kept[qid], text)
        self.souk.json("POST", "/studio/judgments", {"q": text + "x", "lang": "de"}, status=400)
        long = "q" * 256
        with open(os.path.join(self.judged, "queries.tsv"), "a", encoding="utf-8") as f:
            f.write(long + "\tde\tlong id\n")
        self.assertEqual(self.judge(q="long id", lang="de")["qid"], long)

    def test_a_large_body_is_not_parsed(self):
        for path in ("/studio/judgments", "/studio/eval"):
            e = self.souk.json("POST", path, '{"q":"a"%s}' % (" " * (256 << 10)), status=413)["error"]
            self.assertEqual(e["code"], "too_large")


class Full(Case):
    judged = tempfile.mkdtemp(prefix="souk-judged-")
    options = ("--judgments", judged)

    @classmethod
    def products(cls):
        return SAMPLE[:5]

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.judged)

    def setUp(self):
        self.limit = resource.prlimit(self.souk.process.pid, resource.RLIMIT_FSIZE)

    def tearDown(self):
        resource.prlimit(self.souk.process.pid, resource.RLIMIT_FSIZE, self.limit)

    def test_what_cannot_be_written_says_so(self):
        lines = [{"id": "f%d" % i, "title": "full %d" % i, "description": "words %d " % i * 500} for i in range(200)]
        body = "".join(json.dumps(line) + "\n" for line in lines)
        resource.prlimit(self.souk.process.pid, resource.RLIMIT_FSIZE, (4096, self.limit[1]))
        status, head, text = self.souk.ask("POST", "/indexes/products/documents", body)
        error = json.loads(text)["error"]
        self.assertEqual(status, 507, text[:300])
        self.assertIn(error["code"], ("disk_full", "disk_failed"))
        self.assertIn("what was committed before is safe", error["message"])
        text = "x" * 5000
        e = self.souk.json("POST", "/studio/judgments", {"q": text, "lang": "de"}, status=507)["error"]
        self.assertEqual((e["code"], "queries.tsv" in e["message"]), ("disk_full", True), e)
        resource.prlimit(self.souk.process.pid, resource.RLIMIT_FSIZE, self.limit)
        self.assertEqual(self.souk.put(lines[:1])[0]["status"], "added")
        self.souk.json("POST", "/studio/judgments", {"q": text, "lang": "de"})


class Merging(Case):
    @classmethod
    def products(cls):
        return SAMPLE[:5]

    def test_lines_keep_their_results_when_a_merge_fails(self):
        folder = os.path.join(self.data, "products", "gen-000001")
        for number in range(1, 4):  # a folder where the graph's file would go
            os.makedirs(os.path.join(folder, "graph-%03d.mdb" % number, "in the way"), exist_ok=True)
        lines = [{"id": "m%d" % i, "title": "merged %d" % i} for i in range(5000)]
        self.assertEqual({r["status"] for r in self.souk.put(lines)}, {"added"})
        self.assertEqual(self.souk.search(q="merged", mode="lexical", limit=0)["total"], len(lines))
        began = time.monotonic()
        while b'index "products": cannot merge: ' not in self.souk.said:
            self.assertLess(time.monotonic() - began, 10, self.souk.said)
            time.sleep(0.01)


class Ending(unittest.TestCase):
    def setUp(self):
        self.data = tempfile.mkdtemp(prefix="souk-serve-")
        index(self.data, SAMPLE)

    def tearDown(self):
        shutil.rmtree(self.data)

    def test_sigterm_lets_a_request_finish(self):
        souk = Service(self.data)
        lines = [{"id": "t%d" % i, "title": "drained %d" % i, "description": "words and words " * 20} for i in range(6000)]
        got, lock = [], os.path.join(self.data, "products", "lock")
        importer = threading.Thread(target=lambda: got.append(souk.put(lines)))
        importer.start()
        began = time.monotonic()
        while str(souk.process.pid) not in read(lock):
            self.assertLess(time.monotonic() - began, 20)
            time.sleep(0.002)
        self.assertEqual(souk.stop(), 0)
        importer.join(30)
        self.assertEqual(len(got), 1, souk.said.decode())
        self.assertEqual([r["status"] for r in got[0]], ["added"] * len(lines))
        souk = Service(self.data)
        self.assertEqual(souk.search(q="drained", mode="lexical", limit=0)["total"], len(lines))
        self.assertEqual(souk.stop(), 0)

    def test_sigterm_does_not_wait_for_idle_clients(self):
        souk = Service(self.data)
        idle = [socket.create_connection(("127.0.0.1", souk.port)) for _ in range(10)]
        souk.search(q="a")
        began = time.monotonic()
        self.assertEqual(souk.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)
        for s in idle:
            s.close()

    def test_what_was_confirmed_outlives_kill_9(self):
        confirmed = []
        for round in range(3):
            souk = Service(self.data)

            def write():
                try:
                    for i in range(100000):
                        id = "r%d-%d" % (round, i)
                        if souk.put([{"id": id, "title": "survivor", "price": i}])[0]["status"] == "added":
                            confirmed.append((id, i))
                except (OSError, http.client.HTTPException):
                    pass
            writer = threading.Thread(target=write)
            writer.start()
            time.sleep(0.4)
            self.assertEqual(souk.stop(signal.SIGKILL), -signal.SIGKILL)
            writer.join(30)
        souk = Service(self.data)
        try:
            self.assertGreater(len(confirmed), 5)
            for id, price in confirmed:
                self.assertEqual(souk.get(id)["price"], price)
            total = souk.search(limit=0)["total"]
            self.assertIn(total - len(SAMPLE) - len(confirmed), range(4), "at most what was under way in each round")
        finally:
            self.assertEqual(souk.stop(), 0)


# ---- load ----

class Load(Case):
    seconds = 3

    def search_identifiers(self, n):
        p = SAMPLE[(n * 37) % len(SAMPLE)]
        a = self.souk.search(q=p["sku"].lower(), limit=3)
        self.assertEqual(a["hits"][0]["id"], p["id"])

    def search_words(self, n):
        body = {**SEARCHES[n % len(SEARCHES)], "filter": "NOT brand = Loadtest"}
        body.pop("explain", None)
        key = json.dumps(body)
        a = {k: v for k, v in same_but_for_time(self.souk.search(**body)).items()}
        known = self.known.setdefault(key, a)
        self.assertEqual([h["id"] for h in a["hits"]], [h["id"] for h in known["hits"]], key)
        self.assertEqual(a["total"], known["total"])
        self.assertEqual(a["facets"], known["facets"])

    def read_documents(self, n):
        p = SAMPLE[(n * 41) % len(SAMPLE)]
        self.assertEqual(self.souk.get(p["id"]), p)

    def retry(self, method, path, body=None):
        while True:
            status, head, text = self.souk.ask(method, path, body)
            if status != 409:
                return status, text

    def write_own(self, n):
        """Writes a product, reads it, searches it, deletes it: each sees the one before."""
        id = "load-%d-%d" % (threading.get_ident(), n)
        product = {"id": id, "title": "zzqx %s" % id, "brand": "Loadtest", "sku": "LT " + id, "price": n + 0.5}
        status, text = self.retry("POST", "/indexes/products/documents", json.dumps(product))
        self.assertEqual((status, json.loads(text)["status"]), (200, "added"))
        self.assertEqual(self.souk.get(id), product)
        self.assertEqual(ids(self.souk.search(q=product["sku"], limit=1)), [id])
        status, text = self.retry("POST", "/indexes/products/documents?update=true", json.dumps({"id": id, "price": 0.25}))
        self.assertEqual((status, json.loads(text)["status"]), (200, "updated"))
        self.assertEqual(ids(self.souk.search(filter='id = "%s" AND price = 0.25' % id)), [id])
        self.assertEqual(self.retry("DELETE", "/indexes/products/documents/" + id)[0], 200)
        self.souk.get(id, status=404)
        self.assertEqual(self.souk.search(filter='id = "%s"' % id)["total"], 0)

    def read_others(self, n):
        self.assertEqual(self.souk.ask("GET", ("/", "/metrics", "/healthz", "/indexes")[n % 4])[0], 200)

    def test_twenty_clients_get_right_answers(self):
        self.known = {}
        errors, done = [], []
        until = time.monotonic() + self.seconds

        def client(work, seed):
            n = seed * 1000
            try:
                while time.monotonic() < until:
                    work(n)
                    n += 1
            except BaseException as e:
                errors.append("%s: %r" % (work.__name__, e))
            done.append(n - seed * 1000)
        work = [self.search_identifiers] * 5 + [self.search_words] * 6 + [self.read_documents] * 3 + [self.write_own] * 4 + \
            [self.read_others] * 2
        threads = [threading.Thread(target=client, args=(w, i)) for i, w in enumerate(work)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        self.assertEqual(errors, [])
        self.assertTrue(all(n > 0 for n in done), done)
        self.assertEqual(self.souk.search(limit=0)["total"], len(SAMPLE))


def give_up():
    sys.stderr.write("serve_http: not done after %d s\n" % LIMIT_S)
    for p in running:
        p.kill()
    os._exit(1)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: tests/serve_http.py BUILD_DIR [TEST...]")
    if "SOUK" not in os.environ:
        SOUK = os.path.join(os.path.abspath(sys.argv[1]), "souk")
    watchdog = threading.Timer(LIMIT_S, give_up)
    watchdog.daemon = True
    watchdog.start()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=1)

"""Training data -> pairs of texts that mean the same, with a sampling weight.

    prepare.py DATA OUT

DATA holds the files named in sources.tsv (zstd TSV); our own words lie in words/ beside this script.
Writes OUT/texts.txt (lang, text: each text once), OUT/pairs.npz (a, b, neg: text numbers, neg = -1 or
a text that must not match a; weight: how often to draw the pair) and OUT/vocab.txt (text for the
tokenizer). b is English wherever there is a translation. No evaluation data is read.
"""
import collections
import glob
import io
import os
import random
import sys
import unicodedata

import numpy as np
import zstandard

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_CHARS = 300
SHOP_LANGS = ('en de fr es it pt pt-BR pt-PT nl sv da nb no fi pl cs sk hu ro bg el hr sr sl et lv lt ca ru uk tr '
              'az kk ja ko zh zh-Hans zh-Hant ar fa he ur hi bn ta te th vi id ms').split()
WORDNET_LANGS = ('en ar bg zh-Hans zh-Hant da el fi he hr id ms is it ja ca eu gl es lt nl nb nn pl pt ro sk sl sv th '
                 'sq').split()
SENTENCE_LANGS = 'bn hi ml ta te ur'.split()
NO_SPACES = 'ja zh zh-Hans zh-Hant th'.split()
BALANCE = 0.35          # languages are drawn in proportion to (their mass) ** (1 - BALANCE)
OTHER_LANGS = 0.4       # factor for languages outside SHOP_LANGS
VOCAB_PAIRS = 1_200_000


def read_rows(path):
    with open(path, 'rb') as raw:
        stream = zstandard.ZstdDecompressor().stream_reader(raw) if path.endswith('.zst') else raw
        for line in io.TextIOWrapper(stream, 'utf8', newline='\n'):
            yield line.rstrip('\n').split('\t')


def read_sources():
    for line in open(os.path.join(HERE, 'sources.tsv'), encoding='utf8'):
        if not line.startswith('#'):
            path, kind, weight, cap, *_ = line.rstrip('\n').split('\t')
            yield path, kind, float(weight), int(cap)


class Pairs:
    """Collects pairs; every text is stored once."""

    def __init__(self):
        self.number, self.texts, self.langs = {}, [], []
        self.rows, self.seen = [], set()

    def text(self, lang, text):
        text = ' '.join(unicodedata.normalize('NFKC', text).split())[:MAX_CHARS]
        n = self.number.setdefault(text, len(self.texts))
        if n == len(self.texts):
            self.texts.append(text)
            self.langs.append(lang)
        return n

    def add(self, a, b, weight, neg=None, same=False):
        """a, b, neg: (lang, text)."""
        if not a[1] or not b[1] or max(len(a[1]), len(b[1])) > MAX_CHARS:
            return
        x, y = self.text(*a), self.text(*b)
        if (x != y or same) and (x, y) not in self.seen:
            self.seen.add((x, y))
            self.rows.append((x, y, -1 if neg is None else self.text(*neg), weight))


def capped(pairs, cap):
    """At most cap pairs a language (that of the first side, or of the second where the first is English)."""
    by_lang = collections.defaultdict(list)
    for pair in pairs:
        by_lang[pair[0][0] if pair[0][0] != 'en' else pair[1][0]].append(pair)
    for group in by_lang.values():
        yield from random.sample(group, cap) if len(group) > cap else group


def concept_names(rows, skip):
    """{concept: {lang: [names]}}"""
    concepts = collections.defaultdict(lambda: collections.defaultdict(list))
    for concept, lang, *_, text in rows:
        if not skip(concept, lang) and text not in concepts[concept][lang]:
            concepts[concept][lang].append(text)
    return concepts


def concept_pairs(concepts):
    """Every name -> the first English name; where there is none, names of several scripts with each other."""
    for names in concepts.values():
        if 'en' in names:
            english = ('en', names['en'][0])
            for lang, texts in names.items():
                yield from (((lang, t), english) for t in texts if t != english[1])
        elif 'mul' in names:
            yield from (((lang, t), ('mul', names['mul'][0])) for lang, ts in names.items() for t in ts[:3])


def path_pairs(concepts):
    """Name of a category -> English path of the category (a query -> where the product stands)."""
    for concept, names in concepts.items():
        path = concepts.get(concept.replace(':cat:', ':path:'), {}) if ':cat:' in concept else {}
        if 'en' in path:
            yield from (((lang, t), ('en', path['en'][0])) for lang, ts in names.items() for t in ts)


def composed_pairs(values, things, per_lang):
    """Value + category in one language -> the same in English: 'rote Wollmütze' from 'rot' and 'Wollmütze'."""
    tables = []
    for concepts in (values, things):
        by_lang = collections.defaultdict(list)
        for names in concepts.values():
            if 'en' in names and len(names['en'][0]) < 28 and ' > ' not in names['en'][0]:
                for lang, texts in names.items():
                    by_lang[lang].append((texts[0], names['en'][0]))
        tables.append(by_lang)
    for lang in sorted(set(tables[0]) & set(tables[1])):
        gap = '' if lang in NO_SPACES else ' '
        for _ in range(min(per_lang, 4 * len(tables[1][lang]))):
            (value, value_en), (thing, thing_en) = random.choice(tables[0][lang]), random.choice(tables[1][lang])
            text = value + gap + thing if random.random() < .5 else thing + gap + value
            yield (lang, text), ('en', value_en + ' ' + thing_en)


def plain(text):
    """Without accents, as typed in haste (Latin, Greek, Cyrillic; other scripts unchanged)."""
    if any(ord(c) > 0x52f for c in text):
        return text
    kept = (c for c in unicodedata.normalize('NFD', text) if not unicodedata.combining(c))
    return ''.join(kept).translate(str.maketrans('łøđıŁØĐ', 'lodiLOD')).replace('ß', 'ss')


def misspelt(text):
    """One letter swapped, dropped or doubled inside a word of at least five letters."""
    i = random.randrange(1, max(2, len(text) - 2))
    if not text[i - 1:i + 3].isalpha() or len(text) < 5 or ord(text[i]) > 0x52f:
        return text
    return random.choice((text[:i] + text[i + 1] + text[i] + text[i + 2:], text[:i] + text[i + 1:],
                          text[:i] + text[i] + text[i:]))


def cropped(text):
    """A query for a title: one to five of its words, in order."""
    words = text.split()
    keep = sorted(random.sample(range(len(words)), min(len(words), random.randint(1, 5))))
    return ' '.join(words[i] for i in keep)


def add_concepts(pairs, path, rows, weight, cap):
    def skip(concept, lang):
        return ('#' in concept or concept.startswith(('emoji-kw', 'osm/fields', 'languages/', 'ted/field|hint'))
                or path.endswith('wordnet') and lang not in WORDNET_LANGS)
    concepts = concept_names(rows, skip)
    whole = list(concept_pairs(concepts))
    names = [p for p in whole if ' > ' not in p[1][1]]
    for pair in capped(names, cap):
        pairs.add(*pair, weight)
    for pair in capped((p for p in whole if ' > ' in p[1][1]), 2500):
        pairs.add(*pair, weight / 3)
    for pair in capped(path_pairs(concepts), 4000):
        pairs.add(*pair, weight * 2 / 3)
    if path.startswith('products/'):
        add_hasty(pairs, names, weight / 2)
    return concepts


def add_hasty(pairs, names, weight):
    """Unaccented and misspelt copies of some names."""
    for a, b in names:
        chance = random.random()
        text = plain(a[1]) if chance < .3 else misspelt(a[1]) if chance > .92 else a[1]
        if text != a[1]:
            pairs.add((a[0], text), b, weight)


def add_pairs(pairs, path, rows, weight, cap):
    def directed():
        for lang_a, a, lang_b, b, *rest in rows:
            trust = float(rest[1]) if len(rest) > 1 else 1
            if lang_a == 'en' != lang_b:
                lang_a, a, lang_b, b = lang_b, b, lang_a, a
            wanted = lang_a in SENTENCE_LANGS and max(len(a), len(b)) < 160 if 'sentence' in path else True
            if wanted and trust >= .5 and (lang_b == 'en' or path.startswith('products/')):
                yield (lang_a, a), (lang_b, b)
    chosen = list(capped(directed(), cap))
    for a, b in chosen:
        pairs.add(a, b, weight)
        if path.endswith(('bestbuy-en', 'categories', 'products-fr')):
            pairs.add((a[0], cropped(a[1])), (a[0], a[1] + ', ' + b[1]), weight / 3)    # a product as it is indexed
    if '/own-' in path:
        add_hasty(pairs, chosen, weight / 2)
        add_titles(pairs, [a for a, b in chosen] if 'titles' in path else [], weight / 2)


def add_titles(pairs, titles, weight):
    """Title -> itself (what the teacher says of it) and some of its words -> title."""
    for lang, text in titles:
        if lang == 'en':
            pairs.add((lang, text), (lang, text), weight, same=True)
        pairs.add((lang, cropped(text)), (lang, text), weight)


def add_words(pairs, weight):
    """Our own words: english, lang, text. Returns them as concepts."""
    concepts = collections.defaultdict(lambda: collections.defaultdict(list))
    chosen = []
    for path in sorted(glob.glob(os.path.join(HERE, 'words', '*.tsv'))):
        for english, lang, text in read_rows(path):
            chosen.append(((lang, text), ('en', english)))
            concepts[english]['en'] = [english]
            concepts[english][lang].append(text)
    for pair in chosen:
        pairs.add(*pair, weight)
    add_hasty(pairs, chosen, weight / 2)
    return concepts


def collect(data, pairs, lines):
    known = {}
    for path, kind, weight, cap in read_sources():
        before = len(pairs.rows)
        rows = read_rows(os.path.join(data, path + '.tsv.zst')) if kind != 'words' else None
        if kind == 'concept':
            known[path] = add_concepts(pairs, path, rows, weight, cap)
        elif kind == 'pair':
            add_pairs(pairs, path, rows, weight, cap)
        elif kind == 'title':
            titles = [(lang, text[:160]) for lang, text in rows]
            add_titles(pairs, random.sample(titles, min(cap, len(titles))), weight)
        elif kind == 'triple':
            for lang, query, title_lang, title, wrong, *_ in rows:
                pairs.add((lang, query), (title_lang, title), weight, neg=(title_lang, wrong))
        elif kind == 'words':
            known[path] = add_words(pairs, weight)
        elif kind == 'text':
            running = [((row[0], row[1][:MAX_CHARS]), ('en', '')) for row in rows if len(row) > 1]
            lines += [text for text, _ in capped(running, cap)]
        print('%9d %s' % (len(pairs.rows) - before, path), flush=True)
    own = {**known['products/concepts/own-terms'], **known['words/*']}
    for values, things, weight in ((known['products/concepts/shopify-values'],
                                    known['products/concepts/shopify-categories'], 2), (own, own, 2)):
        for pair in composed_pairs(values, things, 12000):
            pairs.add(*pair, weight)


def balance(pairs):
    """Final weight of each pair: source weight times a factor that lifts languages with little text."""
    langs = np.array(pairs.langs)
    row = np.array([r[:3] for r in pairs.rows], np.int32)
    weight = np.array([r[3] for r in pairs.rows], np.float64)
    names, lang = np.unique(langs[row[:, 0]], return_inverse=True)
    mass = np.bincount(lang, weight)
    top = mass[names != 'en'].max()
    factor = np.where(np.isin(names, SHOP_LANGS), (mass / top).clip(.005, 1) ** -BALANCE, OTHER_LANGS)
    return row, (weight * factor[lang]).astype(np.float32)


def write_vocab_text(path, pairs, row, weight, lines):
    """Text for the tokenizer: drawn like the training pairs, so that what is frequent there gets pieces of its own."""
    rng = np.random.default_rng(7)
    share = np.cumsum(weight, dtype=np.float64)
    drawn = row[np.searchsorted(share, share[-1] * rng.random(VOCAB_PAIRS)).clip(max=len(row) - 1)]
    out = [pairs.texts[i] for i in drawn[:, 0]] + [pairs.texts[i] for i in drawn[:VOCAB_PAIRS // 3, 1]]
    out += [text for lang, text in lines if lang in SHOP_LANGS]
    random.shuffle(out)
    with open(path, 'w', encoding='utf8') as f:
        f.writelines(text + '\n' for text in out)
    print(len(out), 'lines for the tokenizer')


def main():
    data, out = sys.argv[1:]
    random.seed(7)
    os.makedirs(out, exist_ok=True)
    pairs, lines = Pairs(), []
    collect(data, pairs, lines)
    row, weight = balance(pairs)
    with open(os.path.join(out, 'texts.txt'), 'w', encoding='utf8') as f:
        f.writelines('%s\t%s\n' % lt for lt in zip(pairs.langs, pairs.texts))
    write_vocab_text(os.path.join(out, 'vocab.txt'), pairs, row, weight, lines)
    np.savez(os.path.join(out, 'pairs.npz'), a=row[:, 0], b=row[:, 1], neg=row[:, 2], weight=weight)
    print(len(row), 'pairs of', len(pairs.texts), 'texts')


if __name__ == '__main__':
    main()

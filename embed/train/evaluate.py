"""Score a GGUF on evaluation sets and write the tables of the model card.

    evaluate.py FILE.gguf OUT/tokenizer.model EVAL TABLE.md [--dim N] [--sets A,B]

EVAL holds a folder a set (products.jsonl.zst, queries.tsv, qrels.txt). Exact search by cosine; the measures:
nDCG@10, cond (nDCG@10 of the judged documents among the first 100), MRR@10, R@10, P@1, and the pairwise accuracy
of confusable/triples.tsv. For measuring only: nothing here goes back into the training.
"""
import argparse
import collections
import io
import json
import os

import numpy as np
import sentencepiece as spm
import zstandard

import gguf

MEASURES = ('ndcg', 'cond', 'mrr', 'r10', 'p1')
XTAX = ['xtax-' + s for s in ('cpv', 'google', 'off-cat', 'off-ingr', 'shopify-cat', 'shopify-val')]
MAIN = {'bazaar-core': ('ndcg', 'cond'), 'bazaar': ('cond', 'ndcg'), 'icecat': ('cond', 'ndcg'),
        'cikm25-qc': ('mrr', 'r10'), **dict.fromkeys(XTAX, ('p1', 'r10'))}
GROUPS = {'en': 'en', 'eu': 'de fr es it pt pt-BR pt-PT nl sv da nb no fi pl cs sk hu ro bg el hr sl et lv lt ca',
          'ru/uk': 'ru uk be', 'tr': 'tr az kk', 'cjk': 'ja ko zh zh-Hans zh-Hant', 'ar/fa/he': 'ar fa he ur',
          'indic': 'hi bn ta te ml mr gu pa kn ne si', 'sea': 'th vi id ms tl'}
GROUP_OF = {lang: group for group, langs in GROUPS.items() for lang in langs.split()}
DEPTH = 100


class Embedder:
    def __init__(self, path, tokenizer, dim=None):
        file = gguf.Reader(path)
        self.tokenizer = spm.SentencePieceProcessor(model_file=tokenizer)
        assert file.keys['tokenizer.ggml.tokens'][-1] == self.tokenizer.id_to_piece(self.tokenizer.vocab_size() - 1)
        table = file.tensors['token_embd.weight'] * file.tensors['token_embd.scale'][:, None]
        self.table, self.limit = table[:, :dim], file.keys['static.context_length']

    def encode(self, texts):
        out = np.zeros((len(texts), self.table.shape[1]), np.float32)
        for i in range(0, len(texts), 4096):
            for j, ids in enumerate(self.tokenizer.encode(texts[i:i + 4096], num_threads=2), i):
                out[j] = self.table[ids[:self.limit]].sum(0)
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)


def document_text(product):
    """Title; brand and category where the text does not hold them yet; the start of the description."""
    text = product['title']
    for gap, field in ((' ', 'brand'), (', ', 'category')):
        value = product.get(field) or ''
        if value.lower() not in text.lower():
            text += gap + value
    description = product.get('description') or ''
    if description and not description.lower().startswith(product['title'].lower()[:30]):
        text += '. ' + description[:80]
    return text


def load(folder):
    """Document ids and texts, queries (id, lang, text), judgments {query: {document: grade}}."""
    raw = zstandard.ZstdDecompressor().stream_reader(open(folder + '/products.jsonl.zst', 'rb'))
    products = [json.loads(line) for line in io.TextIOWrapper(raw, 'utf8', newline='\n')]
    queries = [line.rstrip('\n').split('\t')[:3] for line in open(folder + '/queries.tsv', encoding='utf8')]
    grades = collections.defaultdict(dict)
    for line in open(folder + '/qrels.txt', encoding='utf8'):
        query, _, document, grade = line.split()
        grades[query][document] = int(grade)
    queries = [q for q in queries if any(grades[q[0]].values())]
    return [p['id'] for p in products], [document_text(p) for p in products], queries, grades


def dcg(grades):
    return sum((2.0 ** g - 1) / np.log2(i + 2) for i, g in enumerate(grades[:10]))


def measure(ranked, grades, known):
    """Values of MEASURES for one query; ranked: document ids, best first."""
    best = dcg(sorted(grades.values(), reverse=True))
    relevant = {d for d, g in grades.items() if g > 0 and d in known}
    first = next((i for i, d in enumerate(ranked[:10]) if d in relevant), None)
    return (dcg([grades.get(d, 0) for d in ranked]) / best, dcg([grades[d] for d in ranked if d in grades]) / best,
            0 if first is None else 1 / (first + 1), len(relevant & set(ranked[:10])) / max(1, len(relevant)),
            float(first == 0))


def score_set(folder, embedder):
    """{group: {measure: mean}} over all queries ('all') and by language group ('low': all other languages)."""
    ids, texts, queries, grades = load(folder)
    documents, known = embedder.encode(texts), set(ids)
    values = collections.defaultdict(list)
    for i in range(0, len(queries), 256):
        part = queries[i:i + 256]
        scores = embedder.encode([q[2] for q in part]) @ documents.T
        depth = min(DEPTH, len(ids) - 1)
        top = np.argpartition(-scores, depth, axis=1)[:, :depth]
        for (query, lang, _), row, near in zip(part, scores, top):
            ranked = [ids[d] for d in near[np.argsort(-row[near], kind='stable')]]
            value = measure(ranked, grades[query], known)
            values['all'].append(value)
            values[GROUP_OF.get(lang, 'low')].append(value)
    return {group: dict(zip(MEASURES, np.mean(v, 0))) for group, v in values.items()}


def confusable(path, embedder):
    """Share of lines whose fitting title is nearer to the query than the one that only looks like it."""
    rows = [line.rstrip('\n').split('\t') for line in open(path, encoding='utf8')]
    query, right, wrong = (embedder.encode([row[i] for row in rows]) for i in (1, 3, 4))
    won = (query * right).sum(1) > (query * wrong).sum(1)
    same = np.array([row[0] == row[2] for row in rows])
    return {'all': won.mean(), 'same language': won[same].mean(), 'across languages': won[~same].mean()}


def main():
    p = argparse.ArgumentParser()
    p.add_argument('model')
    p.add_argument('tokenizer')
    p.add_argument('eval')
    p.add_argument('table')
    p.add_argument('--dim', type=int)
    p.add_argument('--sets', default=','.join(s for s in MAIN if s != 'bazaar'))
    args = p.parse_args()
    embedder = Embedder(args.model, args.tokenizer, args.dim)
    columns = ['all', *GROUPS, 'low']
    lines = ['| measure | ' + ' | '.join(columns) + ' |', '|---' * (len(columns) + 1) + '|']
    for name in args.sets.split(','):
        scores = score_set(os.path.join(args.eval, name), embedder)
        for m in MAIN[name]:
            cells = ('%.3f' % scores[g][m] if g in scores else '' for g in columns)
            lines.append('| %s %s | %s |' % (name, m, ' | '.join(cells)))
            print(lines[-1], flush=True)
    pairs = confusable(os.path.join(args.eval, 'confusable', 'triples.tsv'), embedder)
    lines += ['', 'confusable, pairwise accuracy: ' + ', '.join('%s %.3f' % kv for kv in pairs.items())]
    print(lines[-1])
    with open(args.table, 'w') as f:
        f.writelines(line + '\n' for line in lines)


if __name__ == '__main__':
    main()

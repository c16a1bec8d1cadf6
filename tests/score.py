#!/usr/bin/env python3
"""Score a TREC run: souk's published definitions of its measures, apart from its C code.

    score.py QUERIES QRELS RUN [--labels LABELS] [--rel N] [--json]

QUERIES  lines "qid TAB language TAB text [TAB base qid]"
QRELS    lines "qid 0 docid grade"
RUN      lines "qid Q0 docid rank score tag"
LABELS   lines "qid docid 0|1"
--rel N  the lowest grade that is relevant (default 1)

The order of a run is by score, best first, and by rank where scores are equal; of a document that comes twice the first line
counts. Only queries with a relevant document are measured, and one that the run lacks scores 0. Each measure is given as the
mean over the queries of each language, over all queries, and as the mean of the languages' means.

  ndcg_10     gain 2^grade - 1, discount log2(rank + 1), first ten, divided by the same of the best order of all judged
              documents; unjudged documents gain nothing
  cond_10     the same once unjudged documents are taken out of the ranking
  mrr_10      1 / rank of the first relevant document among the first ten, else 0
  recall_10   relevant documents among the first ten / all relevant documents; recall_100 alike
  p_1         is the first document relevant?
  judged_10   judged documents among the first ten / documents there

With labels: auc is the probability that a matching pair scores above one that does not (a tie is half), best_f1 the best F1 of
all thresholds on the score. Pairs that the run lacks tie below all others; scored is the share of the rest.
"""
import argparse
import json
import math
from collections import defaultdict

MEASURES = ["ndcg_10", "cond_10", "mrr_10", "recall_10", "recall_100", "p_1", "judged_10"]


# ---- reading ----

def lines(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f:
            line = line.rstrip("\r\n")
            if line.strip():
                yield line


def fields(line):
    """Blanks and tabs separate, as many as there are; the wider blanks of Unicode may be part of an id."""
    return [f for f in line.replace("\t", " ").split(" ") if f]


def read_queries(path):
    """qid -> language"""
    return {f[0]: f[1] for f in (line.split("\t") for line in lines(path))}


def read_qrels(path):
    """qid -> docid -> grade"""
    grades = defaultdict(dict)
    for line in lines(path):
        qid, _, doc, grade = fields(line)
        grades[qid][doc] = int(grade)
    return grades


def read_run(path):
    """qid -> docid -> score, the documents in the order of the ranking"""
    entries = defaultdict(dict)
    for line in lines(path):
        qid, _, doc, rank, score = fields(line)[:5]
        entries[qid].setdefault(doc, (-float(score), int(rank)))
    return {qid: {doc: -key[0] for doc, key in sorted(docs.items(), key=lambda item: item[1])}
            for qid, docs in entries.items()}


def read_labels(path):
    for line in lines(path):
        qid, doc, label = fields(line)
        yield qid, doc, label == "1"


# ---- one ranking ----

def dcg(grades):
    return sum((2.0 ** grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:10]))


def measure(ranking, grades, lowest):
    """The measures of one query, or None where nothing is relevant."""
    relevant = {doc for doc, grade in grades.items() if grade >= lowest}
    if not relevant:
        return None
    ideal = dcg(sorted(grades.values(), reverse=True))
    top = ranking[:10]
    hits = [place for place, doc in enumerate(top, 1) if doc in relevant]
    return {
        "ndcg_10": dcg([grades.get(doc, 0) for doc in ranking]) / ideal if ideal else 0.0,
        "cond_10": dcg([grades[doc] for doc in ranking if doc in grades]) / ideal if ideal else 0.0,
        "mrr_10": 1.0 / hits[0] if hits else 0.0,
        "recall_10": len(hits) / len(relevant),
        "recall_100": len(relevant.intersection(ranking[:100])) / len(relevant),
        "p_1": float(hits[:1] == [1]),
        "judged_10": sum(doc in grades for doc in top) / len(top) if top else 0.0,
    }


def mean(rows):
    return {m: math.fsum(row[m] for row in rows) / len(rows) for m in MEASURES}


def score_rankings(queries, qrels, run, lowest):
    rows = defaultdict(list)
    for qid, language in queries.items():
        row = measure(list(run.get(qid, ())), qrels.get(qid, {}), lowest)
        if row:
            rows[language].append(row)
    if not rows:
        return {}
    languages = {language: mean(rows[language]) for language in sorted(rows)}
    return {
        "all": {"queries": sum(map(len, rows.values())), **mean([row for part in rows.values() for row in part])},
        "mean_of_languages": {"languages": len(rows), **mean(list(languages.values()))},
        "languages": {language: {"queries": len(rows[language]), **m} for language, m in languages.items()},
    }


# ---- labelled pairs ----

def measure_pairs(pairs):
    """pairs: (score, matches), score None where there is none. None where all pairs are of one kind."""
    groups = defaultdict(lambda: [0, 0])  # score -> how many do not match, how many do
    for score, matches in pairs:
        groups[-math.inf if score is None else score][matches] += 1
    matching = sum(yes for _, yes in groups.values())
    others = len(pairs) - matching
    if not matching or not others:
        return None
    won = 0.0
    taken_yes = taken_no = 0
    best = 0.0
    for score in sorted(groups, reverse=True):
        no, yes = groups[score]
        won += yes * (others - taken_no - no) + yes * no / 2
        taken_yes += yes
        taken_no += no
        best = max(best, 2 * taken_yes / (matching + taken_yes + taken_no))
    return {"pairs": len(pairs), "matching": matching, "auc": won / (matching * others), "best_f1": best,
            "scored": sum(score is not None for score, _ in pairs) / len(pairs)}


def score_labels(queries, labels, run):
    pairs = defaultdict(list)
    for qid, doc, matches in labels:
        pairs[queries.get(qid, "?")].append((run.get(qid, {}).get(doc), matches))
    found = {language: measure_pairs(pairs[language]) for language in sorted(pairs)}
    everything = measure_pairs([pair for part in pairs.values() for pair in part])
    return {**({"all": everything} if everything else {}), "languages": {k: v for k, v in found.items() if v}}


# ---- showing ----

def table(title, groups):
    keys = [key for key in next(iter(groups.values())) if key != "languages"]
    print("\t".join([title] + keys))
    for name, row in groups.items():
        print("\t".join([name] + ["%.4f" % v if isinstance(v, float) else str(v) for k, v in row.items()]))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("queries")
    p.add_argument("qrels")
    p.add_argument("run")
    p.add_argument("--labels")
    p.add_argument("--rel", type=int, default=1)
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    queries, run = read_queries(a.queries), read_run(a.run)
    figures = score_rankings(queries, read_qrels(a.qrels), run, a.rel)
    if a.labels:
        figures["labels"] = score_labels(queries, read_labels(a.labels), run)
    if a.json:
        print(json.dumps(figures))
        return
    if "all" in figures:
        table("language", {**figures["languages"], "all": figures["all"], "mean of languages": figures["mean_of_languages"]})
    labels = figures.get("labels", {})
    if "all" in labels:
        table("language", {**labels["languages"], "all": labels["all"]})


if __name__ == "__main__":
    main()

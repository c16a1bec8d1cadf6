"""Golden lines for the C tests, computed from the GGUF alone (no sentencepiece).

    golden.py FILE.gguf TEXTS > GOLDEN.jsonl

TEXTS: one JSON string a line. Each line out: {"text", "ids": token numbers (unknowns included), "head": the first
eight components of the vector, 6 digits}. Unknown and special tokens have no part in the vector; no token at all
gives the zero vector. To be read as the reference for tokenizer and pooling: slow and plain.
"""
import json
import sys

import numpy as np

import charsmap
import gguf

SPACE = '\u2581'
NORMAL = 1
UNKNOWN_PENALTY = 10


class Static:
    def __init__(self, path):
        file = gguf.Reader(path)
        keys = {name.removeprefix('tokenizer.ggml.'): value for name, value in file.keys.items()}
        kinds, scores = keys['token_type'], keys['scores']
        self.rules = charsmap.read_rules(bytes(keys['precompiled_charsmap']))
        self.longest_rule = max(map(len, self.rules))
        self.pieces = {t: (i, scores[i]) for i, t in enumerate(keys['tokens']) if kinds[i] == NORMAL}
        self.longest_piece = max(map(len, self.pieces))
        self.unknown = keys['unknown_token_id']
        self.unknown_score = min(score for _, score in self.pieces.values()) - UNKNOWN_PENALTY
        self.table = file.tensors['token_embd.weight'] * file.tensors['token_embd.scale'][:, None]
        self.limit = file.keys['static.context_length']

    def normal(self, text):
        """Character rules, longest first; one mark before each word instead of the spaces."""
        out, i = [], 0
        while i < len(text):
            sizes = range(min(self.longest_rule, len(text) - i), 0, -1)
            size = next((n for n in sizes if text[i:i + n] in self.rules), 0)
            out.append(self.rules[text[i:i + size]] if size else text[i])
            i += size or 1
        return ''.join(SPACE + word for word in ''.join(out).split(' ') if word)

    def ids(self, text):
        """The best sum of scores (Viterbi); neighbouring unknowns are one."""
        text = self.normal(text)
        best = [(0., 0, None)] + [(-np.inf, 0, None)] * len(text)      # score, where the piece began, piece
        for i in range(len(text)):
            for n in range(1, min(self.longest_piece, len(text) - i) + 1):
                piece, score = self.pieces.get(text[i:i + n], (None, 0))
                if piece is None and n == 1:
                    piece, score = self.unknown, self.unknown_score
                if piece is not None and best[i][0] + score > best[i + n][0]:
                    best[i + n] = (best[i][0] + score, i, piece)
        found, i = [], len(text)
        while i > 0:
            _, i, piece = best[i]
            if piece != self.unknown or not found or found[-1] != piece:
                found.append(piece)
        return found[::-1]

    def vector(self, ids):
        total = self.table[[i for i in ids if i != self.unknown][:self.limit]].sum(0, dtype=np.float64)
        return total / max(np.linalg.norm(total), 1e-12)


def main():
    model = Static(sys.argv[1])
    for line in open(sys.argv[2], encoding='utf8'):
        text = json.loads(line)
        ids = model.ids(text)
        head = [round(float(x), 6) + 0. for x in model.vector(ids)[:8]]
        print(json.dumps({'text': text, 'ids': ids, 'head': head}, ensure_ascii=False))


if __name__ == '__main__':
    main()

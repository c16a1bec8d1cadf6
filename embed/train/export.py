"""Trained table + tokenizer -> GGUF.

    export.py OUT/model.pt OUT/tokenizer.model FILE.gguf VERSION

The token weight goes into the scale of each int8 row: vector of token t = scale[t] * row[t]. Special tokens
have scale 0. Rows are scaled as a whole so that their mean length is 1.
"""
import os
import sys

import numpy as np
import sentencepiece as spm
import torch

import charsmap
import gguf

CONTEXT = 512
NORMAL, UNKNOWN, CONTROL = 1, 2, 3
DESCRIPTION = ('Multilingual product search: static token embeddings, weighted mean, L2-normalised. '
               'Sources and licences: see the model card.')


def quantised(model, special):
    table = model['table'] * torch.nn.functional.softplus(model['weight'])
    table[special] = 0
    table = (table / table.norm(dim=1).mean()).numpy()
    scale = np.abs(table).max(1) / 127
    rows = np.rint(table / np.maximum(scale, 1e-12)[:, None]).astype(np.int8)
    return rows, scale.astype(np.float32)


def main():
    model_path, tokenizer_path, out, version = sys.argv[1:]
    tokenizer = spm.SentencePieceProcessor(model_file=tokenizer_path)
    ids = range(tokenizer.vocab_size())
    types = [UNKNOWN if tokenizer.is_unknown(i) else CONTROL if tokenizer.is_control(i) else NORMAL for i in ids]
    rows, scale = quantised(torch.load(model_path), [i for i in ids if types[i] != NORMAL])
    dim = rows.shape[1]
    pairs = [
        ('general.architecture', 'string', 'static'), ('general.name', 'string', 'souk-static'),
        ('general.version', 'string', version), ('general.license', 'string', 'apache-2.0'),
        ('general.description', 'string', DESCRIPTION),
        ('static.embedding_length', 'u32', dim), ('static.vocab_size', 'u32', len(rows)),
        ('static.context_length', 'u32', CONTEXT), ('static.pooling_type', 'u32', 1),
        ('souk.matryoshka', '[u32]', [d for d in (64, 128, 192, 256) if d < dim] + [dim]),
        ('tokenizer.ggml.model', 'string', 't5'),
        ('tokenizer.ggml.tokens', '[string]', [tokenizer.id_to_piece(i) for i in ids]),
        ('tokenizer.ggml.scores', '[f32]', [tokenizer.get_score(i) for i in ids]),
        ('tokenizer.ggml.token_type', '[i32]', types),
        ('tokenizer.ggml.precompiled_charsmap', '[u8]', charsmap.compiled(tokenizer.serialized_model_proto())),
        ('tokenizer.ggml.unknown_token_id', 'u32', tokenizer.unk_id()),
        ('tokenizer.ggml.bos_token_id', 'u32', tokenizer.bos_id()),
        ('tokenizer.ggml.eos_token_id', 'u32', tokenizer.eos_id()),
        ('tokenizer.ggml.padding_token_id', 'u32', tokenizer.pad_id()),
        ('tokenizer.ggml.add_bos_token', 'bool', False), ('tokenizer.ggml.add_eos_token', 'bool', False),
        ('tokenizer.ggml.add_space_prefix', 'bool', True),
        ('tokenizer.ggml.remove_extra_whitespaces', 'bool', True)]
    gguf.write(out, pairs, {'token_embd.weight': rows, 'token_embd.scale': scale})
    print('%s: %d pieces x %d, %.2f MB' % (out, len(rows), dim, os.path.getsize(out) / 1e6))


if __name__ == '__main__':
    main()

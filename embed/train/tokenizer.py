"""Train the Unigram tokenizer.

    tokenizer.py OUT/vocab.txt OUT/tokenizer.model PIECES

No byte fallback: what the vocabulary does not cover becomes <unk>, which the embedding leaves out.
"""
import os
import sys

import sentencepiece as spm

import charsmap


def main():
    text, model, pieces = sys.argv[1:]
    rules = model + '.rules.tsv'
    charsmap.write_rules(rules)
    prefix = os.path.splitext(model)[0]
    spm.SentencePieceTrainer.train(
        input=text, model_prefix=prefix, vocab_size=int(pieces), model_type='unigram', normalization_rule_tsv=rules,
        character_coverage=0.9997, input_sentence_size=1_800_000, shuffle_input_sentence=True, max_sentence_length=1200,
        max_sentencepiece_length=16, num_threads=2, pad_id=0, unk_id=1, bos_id=2, eos_id=3, minloglevel=1)


if __name__ == '__main__':
    main()

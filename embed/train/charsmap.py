"""Character rules of the tokenizer: NFKC with case folding plus a few folds for search.

The base rules come from sentencepiece (nmt_nfkc_cf) as a compiled double array; read_rules() lists them,
search_rules() adds ours, write_rules() writes the TSV that sentencepiece compiles again.
"""
import struct
import unicodedata

import sentencepiece as spm

# Characters that people type in more than one way; left side -> right side, also inside the base rules' results.
FOLDS = dict(zip('آأإٱىیېئؤکڪةۀەہھёЁİı’‘“”„«»–—−‑×', 'ااااييييوككهههههееii\'\'"""""----x'))
FOLDS.update({'\u200c': ' ', '\u200d': '', '\u00ad': '', '\ufe0f': '', 'ـ': ''})
FOLDS.update({chr(c): '' for c in (*range(0x064b, 0x0656), 0x0670)})                        # Arabic vowel marks
FOLDS.update({chr(c): '' for c in (*range(0x0591, 0x05be), 0x05bf, 0x05c1, 0x05c2, 0x05c4, 0x05c5, 0x05c7)})  # points
FOLDS.update({chr(zero + d): str(d) for d in range(10) for zero in (
    0x0660, 0x06f0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50)})
VIRAMAS = [chr(c) for c in range(0x094d, 0x0d4e, 0x80)]       # a non-joiner after one of these does not end a word


def proto_fields(data):
    """(number, value) of the fields of a serialized protocol buffer."""
    def varint():
        nonlocal i
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    i = 0
    while i < len(data):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            yield number, varint()
        else:
            size = varint() if wire == 2 else 4 if wire == 5 else 8
            yield number, data[i:i + size]
            i += size


def compiled(model_proto):
    """precompiled_charsmap of a serialized sentencepiece model."""
    spec = dict(proto_fields(model_proto))[3]
    return dict(proto_fields(spec))[2]


def read_rules(charsmap):
    """{source: result} of a compiled character map, by walking its double array."""
    size = struct.unpack_from('<I', charsmap)[0]
    units = struct.unpack_from('<%dI' % (size // 4), charsmap, 4)
    texts = charsmap[4 + size:]
    rules = {}

    def base(unit):
        return (unit >> 10) << ((unit & 0x200) >> 6)

    stack = [(base(units[0]), b'')]
    while stack:
        node, key = stack.pop()
        for byte in range(1, 256):
            at = node ^ byte
            if at < len(units) and units[at] & 0x800000ff == byte:
                below = at ^ base(units[at])
                if units[at] >> 8 & 1:
                    start = units[below] & 0x7fffffff
                    rules[(key + bytes([byte])).decode()] = texts[start:texts.index(0, start)].decode()
                stack.append((below, key + bytes([byte])))
    return rules


def search_rules():
    normalizer = spm.SentencePieceNormalizer(rule_name='nmt_nfkc_cf')
    rules = read_rules(compiled(normalizer.serialized_model_proto()))
    fold = str.maketrans(FOLDS)
    rules = {source: result.translate(fold) for source, result in rules.items()}
    for source, result in FOLDS.items():
        rules[source] = result
        decomposed = unicodedata.normalize('NFD', source)
        if decomposed != source:
            rules[decomposed] = result
    rules.update({virama + '\u200c': virama for virama in VIRAMAS})
    return rules


def write_rules(path):
    with open(path, 'w') as f:
        for source, result in sorted(search_rules().items()):
            f.write('\t'.join(' '.join('%X' % ord(c) for c in text) for text in (source, result)).rstrip('\t') + '\n')

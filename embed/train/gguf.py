"""Read and write GGUF v3 files, little-endian: just the types that this model uses."""
import struct

import numpy as np

FORMAT = {'u8': (0, 'B'), 'i8': (1, 'b'), 'u32': (4, 'I'), 'i32': (5, 'i'), 'f32': (6, 'f'), 'bool': (7, '?')}
BY_NUMBER = {number: code for number, code in FORMAT.values()}
STRING, ARRAY = 8, 9
TENSOR = {np.dtype('float32'): 0, np.dtype('int8'): 24}


def pack_string(text):
    raw = text.encode('utf8')
    return struct.pack('<Q', len(raw)) + raw


def pack_value(kind, value):
    """kind: a name in FORMAT, 'string', or '[name]' for an array of these."""
    if kind.startswith('['):
        kind = kind[1:-1]
        number = STRING if kind == 'string' else FORMAT[kind][0]
        if kind == 'string':
            body = b''.join(map(pack_string, value))
        else:
            body = struct.pack('<%d%s' % (len(value), FORMAT[kind][1]), *value)
        return struct.pack('<IIQ', ARRAY, number, len(value)) + body
    if kind == 'string':
        return struct.pack('<I', STRING) + pack_string(value)
    number, code = FORMAT[kind]
    return struct.pack('<I' + code, number, value)


def write(path, pairs, tensors, alignment=64):
    """pairs: [(key, kind, value)]; tensors: {name: array of int8 or float32, outermost dimension first}."""
    pairs = pairs + [('general.alignment', 'u32', alignment)]
    head = [struct.pack('<4sIQQ', b'GGUF', 3, len(tensors), len(pairs))]
    head += [pack_string(key) + pack_value(kind, value) for key, kind, value in pairs]
    offset = 0
    for name, array in tensors.items():
        shape = array.shape[::-1]
        head.append(pack_string(name) + struct.pack('<I%dQIQ' % len(shape), len(shape), *shape, TENSOR[array.dtype],
                                                    offset))
        offset += array.nbytes + -array.nbytes % alignment
    head = b''.join(head)
    with open(path, 'wb') as f:
        f.write(head + bytes(-len(head) % alignment))
        for array in tensors.values():
            f.write(array.tobytes() + bytes(-array.nbytes % alignment))


class Reader:
    """keys: {key: value}; tensors: {name: array}."""

    def __init__(self, path):
        self.data, self.at = open(path, 'rb').read(), 4
        version, n_tensors, n_keys = self.take('IQQ')
        assert self.data[:4] == b'GGUF' and version == 3
        self.keys = {self.string(): self.value(*self.take('I')) for _ in range(n_keys)}
        infos = [(self.string(), self.take('%dQ' % self.take('I')[0]), *self.take('IQ')) for _ in range(n_tensors)]
        align = self.keys['general.alignment']
        base = self.at + -self.at % align
        dtypes = {number: dtype for dtype, number in TENSOR.items()}
        self.tensors = {name: np.frombuffer(self.data, dtypes[kind], int(np.prod(shape)), base + offset)
                        .reshape(shape[::-1]) for name, shape, kind, offset in infos}

    def take(self, codes):
        values = struct.unpack_from('<' + codes, self.data, self.at)
        self.at += struct.calcsize('<' + codes)
        return values

    def string(self):
        size = self.take('Q')[0]
        self.at += size
        return self.data[self.at - size:self.at].decode('utf8')

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            kind, count = self.take('IQ')
            if kind == STRING:
                return [self.string() for _ in range(count)]
            return list(self.take('%d%s' % (count, BY_NUMBER[kind])))
        return self.take(BY_NUMBER[kind])[0]

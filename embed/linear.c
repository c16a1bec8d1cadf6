#include "embed/linear.h"

#include "base/kernel.h"
#include "base/mem.h"
#include "embed/dequant.h"

#include <stdlib.h>
#include <string.h>

uint64_t linear_worth_rounding = 1 << 17;

/* Room for at least n items; what was in there is lost. */
static void reserve(void *p, size_t *cap, size_t n, size_t size)
{
    void **room = p;
    if (n <= *cap) return;
    free(*room);
    *room = xaligned(64, n * size);
    *cap = n;
}

/* ---- load: repacking ---- */

/* 32 numbers: half scale * q. */
struct block {
    uint16_t scale;
    int8_t q[Q8_BLOCK];
};

/* Formats that are such blocks already, with fewer bits perhaps; the scale comes first. */
static void block_q8_0(const uint8_t *p, struct block *b)
{
    memcpy(b->q, p + 2, Q8_BLOCK);
}

static void block_q4_0(const uint8_t *p, struct block *b)
{
    for (int i = 0; i < 16; i++) b->q[i] = (int8_t)((p[2 + i] & 15) - 8), b->q[i + 16] = (int8_t)((p[2 + i] >> 4) - 8);
}

static void block_q5_0(const uint8_t *p, struct block *b)
{
    for (int i = 0; i < 16; i++) {
        int lo = p[2 + i / 8] >> i % 8 & 1, hi = p[4 + i / 8] >> i % 8 & 1;
        b->q[i] = (int8_t)(((p[6 + i] & 15) | lo << 4) - 16);
        b->q[i + 16] = (int8_t)((p[6 + i] >> 4 | hi << 4) - 16);
    }
}

static void block_iq4_nl(const uint8_t *p, struct block *b)
{
    static const int8_t value[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    for (int i = 0; i < 16; i++) b->q[i] = value[p[2 + i] & 15], b->q[i + 16] = value[p[2 + i] >> 4];
}

typedef void block_fn(const uint8_t *p, struct block *b);

static block_fn *block_of(uint32_t type)
{
    switch (type) {
    case TENSOR_Q8_0: return block_q8_0;
    case TENSOR_Q4_0: return block_q4_0;
    case TENSOR_Q5_0: return block_q5_0;
    case TENSOR_IQ4_NL: return block_iq4_nl;
    default: return NULL;
    }
}

/* Others are rounded, as activations are: the largest magnitude becomes 127. */
static void round_row(const float *x, uint32_t n_in, struct q8_tile *tiles, struct block *to)
{
    kernels()->q8_row(x, n_in, tiles, 0);
    for (size_t b = 0; b < n_in / Q8_BLOCK; b++) {
        memcpy(to[b].q, tiles[b].q[0], Q8_BLOCK);
        kernels()->to_f16(tiles[b].scale, &to[b].scale, 1);
    }
}

/* Row r of the matrix as n_in / 32 blocks; x (n_in) and tiles (n_in / 32) are room. */
static void blocks_of_row(const struct matrix *m, uint32_t n_in, size_t r, float *x, struct q8_tile *tiles, struct block *to)
{
    block_fn *exact = block_of(m->format->type);
    if (!exact) {
        matrix_row(m, n_in, r, x);
        round_row(x, n_in, tiles, to);
        return;
    }
    for (size_t b = 0; b < n_in / Q8_BLOCK; b++) {
        const uint8_t *p = m->data + r * tensor_row_bytes(m->format, n_in) + b * m->format->bytes;
        exact(p, to + b);
        memcpy(&to[b].scale, p, 2);
    }
}

/* Blocks of row r become part of a panel (base/kernel.h draws it). */
static void put_row(const struct block *from, size_t n_blocks, size_t r, uint8_t *panel)
{
    uint8_t *scales = panel + n_blocks * Q8_ROWS * Q8_BLOCK;
    for (size_t b = 0; b < n_blocks; b++) {
        for (size_t g = 0; g < Q8_BLOCK / 4; g++) {
            uint32_t four;
            memcpy(&four, from[b].q + g * 4, 4);
            four ^= 0x80808080;
            memcpy(panel + ((b * Q8_BLOCK / 4 + g) * Q8_ROWS + r) * 4, &four, 4);
        }
        memcpy(scales + (b * Q8_ROWS + r) * 2, &from[b].scale, 2);
    }
}

static void pack(struct matrix *m, uint32_t n_in)
{
    if (m->format->block == 1 || m->rows % Q8_ROWS || (uint64_t)m->rows * n_in < linear_worth_rounding) return;
    size_t n_blocks = n_in / Q8_BLOCK, bytes = n_blocks * Q8_PANEL_BLOCK;
    struct block *row = xmalloc(n_blocks * sizeof *row);
    struct q8_tile *tiles = xaligned(64, n_blocks * sizeof *tiles);
    float *x = xaligned(64, n_in * sizeof *x);
    m->panels = xaligned(64, m->rows / Q8_ROWS * bytes);
    for (size_t r = 0; r < m->rows; r++) {
        blocks_of_row(m, n_in, r, x, tiles, row);
        put_row(row, n_blocks, r % Q8_ROWS, m->panels + r / Q8_ROWS * bytes);
    }
    free(row);
    free(tiles);
    free(x);
}

void linear_stack(struct linear *w, uint32_t n_in, const struct matrix *m, const float *bias)
{
    struct matrix *to = &w->part[w->parts++];
    uint32_t n = w->n_out + m->rows;
    *to = *m;
    pack(to, n_in);
    if (bias || w->bias) {
        float *all = xcalloc(n, sizeof *all);
        if (w->bias) memcpy(all, w->bias, w->n_out * sizeof *all);
        if (bias) memcpy(all + w->n_out, bias, m->rows * sizeof *all);
        free(w->bias);
        w->bias = all;
    }
    w->n_in = n_in;
    w->n_out = n;
}

void linear_free(struct linear *w)
{
    for (uint32_t i = 0; i < w->parts; i++) free(w->part[i].panels);
    free(w->bias);
}

void linear_room_release(struct linear_room *room)
{
    free(room->rows);
    free(room->tiles);
}

/* ---- work ---- */

void matrix_row(const struct matrix *m, uint32_t n, size_t i, float *out)
{
    m->format->unpack(m->data + i * tensor_row_bytes(m->format, n), out, n);
}

/* Rows i.. of the matrix as floats: in the map itself when they lie there so, else unpacked. */
static const float *float_rows(const struct matrix *m, uint32_t n, size_t i, size_t rows, float *room)
{
    const uint8_t *p = m->data + i * tensor_row_bytes(m->format, n);
    if (m->format->type == TENSOR_F32 && (uintptr_t)p % sizeof(float) == 0) return (const float *)(const void *)p;
    for (size_t r = 0; r < rows; r++) matrix_row(m, n, i + r, room + r * n);
    return room;
}

static void apply_float(const struct matrix *m, uint32_t n, struct linear_room *room, const float *x, const float *bias,
                        size_t rows, float *y, size_t ldy)
{
    reserve(&room->rows, &room->cap_rows, (size_t)Q8_ROWS * n, sizeof *room->rows);
    for (size_t i = 0; i < m->rows; i += Q8_ROWS) {
        size_t k = m->rows - i < Q8_ROWS ? m->rows - i : Q8_ROWS;
        kernels()->matmul_nt(x, n, rows, float_rows(m, n, i, k, room->rows), n, k, n, y + i, ldy);
    }
    for (size_t i = 0; bias && i < rows; i++) kernels()->add(y + i * ldy, bias, m->rows);
}

/* How many rows of activations share a tile: even tiles, since a nearly empty one takes as long as a half full one. */
static size_t tile_rows(size_t rows)
{
    size_t tiles = (rows + Q8_TILE - 1) / Q8_TILE;
    return (rows + tiles - 1) / tiles;
}

static void round_rows(struct linear_room *room, uint32_t n, const float *x, size_t rows)
{
    size_t n_blocks = n / Q8_BLOCK, each = tile_rows(rows);
    reserve(&room->tiles, &room->cap_tiles, (rows + each - 1) / each * n_blocks, sizeof *room->tiles);
    for (size_t i = 0; i < rows; i++) kernels()->q8_row(x + i * n, n, room->tiles + i / each * n_blocks, i % each);
}

/* Panels outside, tiles inside: a panel is read from memory once. */
static void apply_q8(const struct matrix *m, uint32_t n, struct linear_room *room, const float *bias, size_t rows, float *y,
                     size_t ldy)
{
    size_t n_blocks = n / Q8_BLOCK, each = tile_rows(rows), bytes = n_blocks * Q8_PANEL_BLOCK;
    for (size_t p = 0; p < m->rows / Q8_ROWS; p++)
        for (size_t i = 0; i < rows; i += each)
            kernels()->q8_panel(room->tiles + i / each * n_blocks, rows - i < each ? rows - i : each, m->panels + p * bytes,
                                n_blocks, bias ? bias + p * Q8_ROWS : NULL, y + i * ldy + p * Q8_ROWS, ldy);
}

void linear_apply(const struct linear *w, struct linear_room *room, const float *x, size_t rows, float *y, size_t ldy)
{
    const float *bias = w->bias;
    for (uint32_t i = 0, rounded = 0; i < w->parts && rows; i++) {
        const struct matrix *m = &w->part[i];
        if (m->panels && !rounded++) round_rows(room, w->n_in, x, rows);
        if (m->panels)
            apply_q8(m, w->n_in, room, bias, rows, y, ldy);
        else
            apply_float(m, w->n_in, room, x, bias, rows, y, ldy);
        y += m->rows;
        if (bias) bias += m->rows;
    }
}

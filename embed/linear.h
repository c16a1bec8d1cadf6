/* Private to the encoders: y = W x + b for many rows x at once, with the weights as the file has them.
 *
 * Quantised weights are repacked once, at load, into panels for the int8 kernels, and activations are rounded to int8 in blocks
 * of 32 as well. Q8_0, Q4_0, Q5_0 and IQ4_NL keep their numbers; the others, which have a minimum or smaller blocks, are rounded
 * again, which adds what Q8_0 loses (half a percent; ten times less than Q4_K lost before). Panels take 34 bytes for 32 numbers:
 * as much as Q8_0 in the file, twice what Q4_0 or Q4_K take.
 *
 * Floats of any kind, and small matrices, where rounding would show more and gain nothing, stay in the map and are unpacked, 16
 * rows at a time, whenever they are used: that costs no memory, is exact, and slow.
 *
 *     struct linear w = {0};
 *     linear_stack(&w, n, &wq, bq), linear_stack(&w, n, &wk, bk);          one product for both
 *     linear_apply(&w, room, x, rows, y, w.n_out);
 *     linear_free(&w); */
#ifndef SOUK_LINEAR_H
#define SOUK_LINEAR_H

#include <stddef.h>
#include <stdint.h>

struct tensor_format;
struct q8_tile;

struct matrix {
    const struct tensor_format *format;
    const uint8_t *data; /* (rows, n_in) in that format, in the map */
    uint8_t *panels;     /* (rows / 16) panels of base/kernel.h; NULL: not repacked */
    uint32_t rows;
};

enum { LINEAR_PARTS = 3 };

struct linear {
    struct matrix part[LINEAR_PARTS]; /* one below the other */
    uint32_t parts, n_in, n_out;
    float *bias; /* (n_out), or NULL */
};

/* One thread's room for products; grows to the largest. */
struct linear_room {
    float *rows; /* (16, n_in): unpacked weights */
    size_t cap_rows;
    struct q8_tile *tiles; /* (tiles, n_in / 32) */
    size_t cap_tiles;
};

extern uint64_t linear_worth_rounding; /* numbers in the smallest matrix that is repacked; tests make it 0 */

/* Puts a matrix with as many columns below what w has; bias (m->rows) is copied, NULL: zeros. */
void linear_stack(struct linear *w, uint32_t n_in, const struct matrix *m, const float *bias);
void linear_free(struct linear *w);

/* y (rows, n_out; row i at y + i * ldy) from x (rows, n_in). */
void linear_apply(const struct linear *w, struct linear_room *room, const float *x, size_t rows, float *y, size_t ldy);
void linear_room_release(struct linear_room *room);

/* Row i of a table of n columns, unpacked. */
void matrix_row(const struct matrix *m, uint32_t n, size_t i, float *out);

#endif

/* Private to lexical.c, which scores, and lexical_words.c, which cuts queries. */
#ifndef SOUK_LEXICAL_STATE_H
#define SOUK_LEXICAL_STATE_H

#include "query/lexical.h"

/* Of one document; all zeros between queries. */
struct accumulator {
    float score, coverage;                          /* of the units done */
    float word, word_coverage, gram, gram_coverage; /* of the unit at work */
};

struct lexical {
    struct words *words;
    struct stemmers *stemmers;
    struct accumulator *acc; /* by document number */
    size_t cap_acc;
    uint32_t *touched, *unit_touched; /* documents with a score; with one in this unit */
    size_t cap_touched, cap_unit_touched;
    uint32_t n_touched, n_unit_touched;
    struct lexical_hit *hits;
    size_t cap_hits;
    float scale, coverage_scale;
    uint8_t *counts; /* grams in common, by word of a segment; zeros between calls */
    size_t cap_counts;
    uint32_t *seen; /* the words whose count is not zero */
    size_t cap_seen;
};

float lexical_idf(uint32_t n_docs, uint64_t df);

#endif

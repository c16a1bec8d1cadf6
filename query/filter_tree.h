/* Private to filter.c, which parses, and filter_apply.c, which evaluates. */
#ifndef SOUK_FILTER_TREE_H
#define SOUK_FILTER_TREE_H

#include "query/filter.h"

enum filter_op {
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_IN,
    FILTER_EXISTS,
    FILTER_LT,
    FILTER_LE,
    FILTER_GT,
    FILTER_GE,
    FILTER_RANGE
};

struct filter_value {
    const char *text;
    size_t n;
    double number;
    bool is_number;
};

struct filter {
    enum filter_op op;
    struct filter *left, *right; /* AND, OR; NOT has left */
    const char *field;
    struct filter_value *values;
    size_t n_values;
    double *numbers; /* those of values, ascending */
    size_t n_numbers;
};

#endif

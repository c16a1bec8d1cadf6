/* Product pictures from a folder, for shops that keep them on this machine: GET /pictures/NAME. */
#ifndef SOUK_PICTURES_H
#define SOUK_PICTURES_H

#include "query/http.h"

enum { PICTURE_MAX = 8 << 20 };

/* Answers with the file `name` of folder dir: a plain name of letters, digits, '.', '_' and '-' that ends in svg, png, jpg, jpeg,
 * webp or avif. Anything else is 404. Pictures are cached by browsers for a day. */
void picture_serve(const char *dir, const char *name, struct http_response *r);

#endif

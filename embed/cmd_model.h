/* Private to `souk model`: its forms, each an exit code. */
#ifndef SOUK_CMD_MODEL_H
#define SOUK_CMD_MODEL_H

int model_card(const char *path);                       /* model_card.c: what a file is, and how fast it runs here */
int model_run(const char *path, unsigned threads);      /* model_run.c: ids or texts in, vectors out */
int model_tokenize(const char *path, unsigned threads); /* model_run.c: texts in, ids out */

#endif

/* Commands of this room, called by souk.c with argv[0] the command's own name ("embed"). Return the exit code:
 * 0 all well, 1 failed, 2 usage, 3 done, but some lines were refused. */
#ifndef SOUK_EMBED_CMD_H
#define SOUK_EMBED_CMD_H

int cmd_embed(int argc, char **argv); /* texts in, vectors out: cmd_embed.c */
int cmd_model(int argc, char **argv); /* what a model file is; run it, tokenise with it: cmd_model.c */

#endif

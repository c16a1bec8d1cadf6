/* Commands of this room, called by souk.c with argv[0] the command's own name. Return the exit code. */
#ifndef SOUK_QUERY_CMD_H
#define SOUK_QUERY_CMD_H

int cmd_search(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_serve(int argc, char **argv);

#endif

/* Commands of this room, called by souk.c with argv[0] the command's own name. Return the exit code: 0 all well; 1 failed,
 * nothing changed; 2 usage; 3 done, but some input lines were refused (each named on stderr). */
#ifndef SOUK_INDEXER_CMD_H
#define SOUK_INDEXER_CMD_H

int cmd_index(int argc, char **argv);
int cmd_delete(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_info(int argc, char **argv);

#endif

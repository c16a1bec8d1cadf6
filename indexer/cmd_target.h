/* Private to the commands: the options -D and -i, which say what index is meant. */
#ifndef SOUK_CMD_TARGET_H
#define SOUK_CMD_TARGET_H

struct target {
    const char *data, *index;
};

/* Reads -D, -i and --help of a command that has no other options; optind is behind them. Returns -1, or the code to exit
 * with. */
int target_parse(struct target *t, int argc, char **argv, const char *usage);

#endif

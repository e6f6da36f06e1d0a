// Many requests of one kind at a daemon, over several connections at once, and their times.
#ifndef CAY_CLI_CLIENT_BENCH_LOAD_H
#define CAY_CLI_CLIENT_BENCH_LOAD_H

#include "cli/client/board.h"

#define CAY_LOAD_CONNECTIONS 256

// The parts of Server-Timing, in the order of an answer's making.
enum cay_part { CAY_PART_QUEUE, CAY_PART_INPUT, CAY_PART_INFER, CAY_PART_OUTPUT, CAY_PARTS };
extern const char *const cay_part_names[CAY_PARTS];

struct cay_load {
	size_t connections;
	size_t answered, refused; // refused: with 503
	double seconds;		  // from the first request to the last answer
	double p50, p95, p99;	  // milliseconds
	bool has_parts;		  // the daemon tells them
	double parts[CAY_PARTS];  // milliseconds, means
	struct cay_board board;	  // half way through
};

// Sends `call` to the daemon `count` times, after a few times that are not counted, over the
// connections of that many clients. Returns CAY_EXIT_DONE, or the status to exit with after a
// failure has been printed.
int cay_load_run(struct cay_load *ret, struct cay_client *const *clients, size_t connections,
		 const struct cay_call *call, size_t count, const char *what);

#endif

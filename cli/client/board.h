// The machine that a daemon runs on, as it tells.
#ifndef CAY_CLI_CLIENT_BOARD_H
#define CAY_CLI_CLIENT_BOARD_H

#include "board/clusters.h"
#include "board/throttled.h"
#include "cli/client/client.h"

#define CAY_CELSIUS_UNKNOWN (-1000.)

struct cay_board {
	char name[128];	  // "" if it is not known
	char kernels[64]; // instruction sets that models run with; "" likewise
	struct cay_cluster clusters[CAY_CLUSTERS];
	size_t cluster_count;
	double celsius; // of the hottest zone, or CAY_CELSIUS_UNKNOWN
	long throttled; // as cay_throttled_read has it
};

// `board` is what GET /board answers, or NULL. Never fails: what is not there is not known.
void cay_board_parse(struct cay_board *ret, const json_t *board);
// The cluster that can be fastest; NULL if there is none.
const struct cay_cluster *cay_board_fastest(const struct cay_board *board);
// "4 cores from cpu 0, 1500 of 1800 MHz".
void cay_board_put_cluster(const struct cay_cluster *cluster, struct cay_buf *out);

// The sum of all samples of a metric. False if there is none.
bool cay_metrics_sum(const char *metrics, const char *name, double *ret);

#endif

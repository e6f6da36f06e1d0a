// How long each op of a daemon's model takes.
#ifndef CAY_CLI_CLIENT_BENCH_OPS_H
#define CAY_CLI_CLIENT_BENCH_OPS_H

#include "cli/client/client.h"

// Sends the body and headers of `call` a few times to be profiled; its method and path are not
// used. A list of ops in their order, each as the daemon tells it, with the median of its "ms" and
// its "share" of all. The caller owns it (json_decref). NULL: *err is set.
json_t *cay_ops_measure(struct cay_client *client, const char *model, const struct cay_call *call,
			struct cay_err *err);
// Appends them as a table.
void cay_ops_put_text(const json_t *ops, struct cay_buf *out);

#endif

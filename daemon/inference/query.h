// What a request asks of a model: tensors out of the body, whatever form it has.
#ifndef CAY_DAEMON_INFERENCE_QUERY_H
#define CAY_DAEMON_INFERENCE_QUERY_H

#include "daemon/models/model_info.h"
#include "daemon/conf.h"
#include "daemon/http/request.h"
#include "daemon/json/memo.h"
#include "engine/model.h"

#define CAY_MAX_TOP 100 // classes named in an answer

// What a model takes and gives; borrowed from it.
struct cay_ports {
	const struct cay_port *inputs, *outputs;
	size_t input_count, output_count;
};

// An output that is wanted, and how.
struct cay_query_output {
	size_t index;	// of the model's outputs
	size_t classes; // > 0: instead of its values the best so many of them, as text
	bool binary;	// its bytes behind the JSON
};

struct cay_query {
	struct cay_arena arena;	   // of all below that the request's body does not hold
	struct cay_tensor *inputs; // in the order of the model
	size_t input_count;
	struct cay_query_output *outputs; // in the order of the request
	size_t output_count;
	const char *id;	   // to be given back; or NULL
	uint64_t deadline; // the request's, or sooner if its parameters say so
	size_t top;	   // how many classes to name, with labels
};

// memo: of requests to the same model. Borrows the request's body until finish. Codes: CAY_EBAD for
// what is malformed in itself, CAY_EMODEL for what does not fit the model, CAY_EMEDIA,
// CAY_ETOOLARGE. On failure *ret needs no finish.
int cay_query_decode(struct cay_query *ret, const struct cay_request *req,
		     const struct cay_ports *ports, const struct cay_model_info *info,
		     const struct cay_conf *conf, struct cay_json_memo *memo, struct cay_err *err);
void cay_query_finish(struct cay_query *query);

#endif

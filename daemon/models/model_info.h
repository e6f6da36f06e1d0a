// What a user says about a model besides its .nb: model.json and labels.txt.
#ifndef CAY_DAEMON_MODELS_MODEL_INFO_H
#define CAY_DAEMON_MODELS_MODEL_INFO_H

#include "common/arena.h"
#include "common/tensor.h"
#include "daemon/conf.h"
#include "daemon/models/model_files.h"
#include "daemon/pictures/preprocess.h"
#include "engine/model.h"

#define CAY_MODEL_JSON_MAX   ((size_t)64 << 10) // bytes of model.json
#define CAY_MODEL_LABELS_MAX ((size_t)1 << 20)	// bytes of labels.txt

// {"inputs": [{"name": "image", "shape": [1, 3, 320, 320]}]}: the size of dimensions that the model
// leaves free, for the warm-up and for requests that do not say; of pictures also the size that the
// model is to have instead of the exporter's.
struct cay_info_input {
	const char *name; // NULL: the only one
	struct cay_shape shape;
};

// {"instances": 2, "threads": 1, "queue": 64, "warmup": 1}, all of it optional.
struct cay_model_settings {
	size_t instances; // inferences at once
	size_t threads;	  // of each
	size_t queue;	  // requests that may wait
	size_t warmup;	  // inferences with zeros before it serves
};

struct cay_model_info {
	struct cay_arena arena;
	struct cay_model_settings settings; // what is unsaid is as the daemon's
	struct cay_info_input *inputs;
	size_t input_count;
	struct cay_preprocess preprocess; // of pictures
	const char **labels;		  // by class
	size_t label_count;
};

// On failure *ret needs no finish. CAY_EBAD, CAY_ETOOLARGE.
int cay_model_info_parse(struct cay_model_info *ret, const struct cay_model_files *files,
			 const struct cay_conf *conf, struct cay_err *err);
void cay_model_info_finish(struct cay_model_info *info); // zeroed is fine
// Fails for a model.json with a key that means nothing here. CAY_EBAD.
int cay_model_info_check_keys(const char *json, size_t size, struct cay_err *err);
// Fails if model.json does not fit the model's inputs.
int cay_model_info_check(const struct cay_model_info *info, const struct cay_port *inputs,
			 size_t count, struct cay_err *err);
// The shape of an input for which the request gives none: free dimensions as model.json has them,
// the first one such that `elements` fit (0: unknown; then 1 if model.json does not say). CAY_EBAD
// if a dimension stays free.
int cay_model_info_shape(const struct cay_model_info *info, const struct cay_port *port,
			 size_t elements, struct cay_shape *ret, struct cay_err *err);
// What becomes of a picture for an input. CAY_EMODEL if it takes none, or model.json has to say
// more.
int cay_model_info_pixels(const struct cay_model_info *info, const struct cay_port *port,
			  struct cay_pixels *ret, struct cay_err *err);

#endif

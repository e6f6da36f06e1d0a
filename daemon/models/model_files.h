// A model as files in memory, and the names that models may have.
#ifndef CAY_DAEMON_MODELS_MODEL_FILES_H
#define CAY_DAEMON_MODELS_MODEL_FILES_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define CAY_MODEL_NAME 64 // bytes at the most

// [A-Za-z0-9][A-Za-z0-9._-]{0,63}: what passes is safe as a file name. CAY_EBAD.
int cay_model_name_check(const char *name, struct cay_err *err);

// A model to install, all bytes borrowed.
struct cay_model_files {
	const uint8_t *nb;
	size_t nb_size;
	const char *json; // model.json or NULL
	size_t json_size;
	const char *labels; // labels.txt, a label a line, or NULL
	size_t labels_size;
};

#endif

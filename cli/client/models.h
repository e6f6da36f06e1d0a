// How a daemon's models are shown.
#ifndef CAY_CLI_CLIENT_MODELS_H
#define CAY_CLI_CLIENT_MODELS_H

#include "cli/client/client.h"

// Appends a table of what GET /models answers.
void cay_models_put_text(const json_t *models, struct cay_buf *out);

#endif

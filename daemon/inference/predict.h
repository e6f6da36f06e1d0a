// What a worker does with a request: parse, lease a session last, encode when it is given back.
#ifndef CAY_DAEMON_INFERENCE_PREDICT_H
#define CAY_DAEMON_INFERENCE_PREDICT_H

#include "daemon/models/served.h"

cay_answer_request cay_predict;

#endif

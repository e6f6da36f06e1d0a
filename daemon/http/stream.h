// The response of a body that is made while it is sent (struct cay_stream).
#ifndef CAY_DAEMON_HTTP_STREAM_H
#define CAY_DAEMON_HTTP_STREAM_H

#include "daemon/http/request.h"

#include <microhttpd.h>

// Takes the stream over: `drop` follows when the response is destroyed. NULL if it cannot be made;
// the stream is the caller's then.
struct MHD_Response *cay_stream_response(struct cay_stream *stream,
					 struct MHD_Connection *connection);

#endif

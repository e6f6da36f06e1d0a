// A request and its reply as handlers see them: plain data, nothing here knows of sockets.
#ifndef CAY_DAEMON_HTTP_REQUEST_H
#define CAY_DAEMON_HTTP_REQUEST_H

#include "common/buf.h"
#include "daemon/clock.h"

#define CAY_REQUEST_ARGUMENTS 16
#define CAY_REPLY_HEADERS     8

struct cay_argument {
	const char *name, *value; // decoded; value is "" for `?name`
};
struct cay_header {
	const char *name; // static
	char value[384];
};

// The body of a reply that is made while it is sent, piece by piece. Its maker embeds this struct
// in its own, and finds that by the address of this.
struct cay_stream {
	// Called on the HTTP thread when all pieces before have been sent. Must not wait. Appends
	// the next piece to the empty *ret and returns true; true with nothing appended ends the
	// body. False: there is nothing for now, the maker will call `wake`.
	bool (*next)(struct cay_stream *stream, struct cay_buf *ret);
	// Called last: the body has been sent, or the client has gone.
	void (*drop)(struct cay_stream *stream);
	// Set before the first `next`, for the maker to call from any thread until `drop` returns.
	void (*wake)(struct cay_stream *stream);
	void *reader; // for `wake`
};

struct cay_reply {
	unsigned status;	  // 0: 200
	unsigned retry_after;	  // seconds, of a 503; 0: 1
	const char *content_type; // static; NULL: application/json
	struct cay_header headers[CAY_REPLY_HEADERS];
	size_t header_count;
	struct cay_buf body;
	struct cay_stream *stream; // instead of body; NULL: body is all
};

struct cay_json_ahead; // see daemon/json/ahead.h

// Borrowed; a NUL that is not counted follows.
struct cay_body {
	const uint8_t *data;
	size_t len;
};

// All pointers are valid until the request is finished.
struct cay_request {
	struct cay_request *next; // a link for whoever holds it, in a queue
	char model[72];		  // the one that answered, for the log
	char id[40];		  // in the log and in X-Request-Id
	const char *name; // what {name} of the route stands for, decoded but not checked; or NULL
	const char *version; // the same of {version}
	struct cay_argument arguments[CAY_REQUEST_ARGUMENTS];
	size_t argument_count;
	const char *content_type, *accept; // headers; NULL: absent
	const char *accept_encoding, *if_none_match;
	const char *json_length;	    // Inference-Header-Content-Length; NULL: absent
	const char *last_event;		    // Last-Event-ID; NULL: absent
	struct cay_body body;		    // what is gathered; tensors behind JSON begin aligned
	const struct cay_json_ahead *ahead; // of CAY_BODY_TENSORS: numbers of the body; or NULL
	void *upload;			    // of CAY_BODY_UPLOAD: what begin made
	uint64_t received;		    // when the body was complete
	uint64_t deadline;		    // received + conf->deadline
	bool wants_profile;		    // how long each op took, and no outputs
	// The HTTP thread has no other connection, so that the handler may do work on this thread.
	bool alone;
	// Set by a handler that returns CAY_LATER: called on the HTTP thread as soon as it has
	// returned. NULL: nothing is.
	void (*work)(void *context);
	void *work_context; // of that
	struct cay_reply reply;
	// To be called once, from any thread, to end a request whose handler returned CAY_LATER:
	// with err NULL `reply` is the answer, else the error is. req does not exist afterwards.
	void (*finish)(struct cay_request *req, const struct cay_err *err);
	// Set before `finish` by a handler that wants it, else NULL. Called last, on the HTTP
	// thread: the answer has been sent, or the client has gone, so many nanoseconds after the
	// request's first line came.
	void (*sent)(struct cay_request *req, uint64_t nanoseconds);
	void *sent_context; // of that
	// True if the client has closed its end: nobody will read an answer. To be called from any
	// thread. NULL: that cannot be known.
	bool (*is_gone)(const struct cay_request *req);
};

// The argument's value, or NULL.
const char *cay_request_argument(const struct cay_request *req, const char *name);
// True if the argument is there and is not "0" or "false": `?wait`, `?wait=1`.
bool cay_request_flag(const struct cay_request *req, const char *name);
// True if the Content-Type is `type`, whatever its parameters.
bool cay_request_is(const struct cay_request *req, const char *type);
// True if there is no Content-Type, or it is one of so many types.
bool cay_request_may_be(const struct cay_request *req, const char *const *types, size_t count);
// True if Accept begins with `type`: of several types the first one counts, weights (q=) do not.
bool cay_request_accepts(const struct cay_request *req, const char *type);

// True if reading the tensors takes time: they are text or a picture, and were not read while the
// body came.
bool cay_request_needs_reading(const struct cay_request *req);

// True if the Accept-Encoding lists gzip and does not refuse it.
bool cay_request_takes_gzip(const struct cay_request *req);

void cay_reply_header(struct cay_reply *reply, const char *name, const char *value);
unsigned cay_reply_status(enum cay_code code); // the HTTP status of an error
// Makes the reply an error: status, {"error": msg}, Retry-After where it belongs.
void cay_reply_error(struct cay_reply *reply, const struct cay_err *err);

#endif

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

// A body that comes about while it is sent. Its maker embeds this, and is found by its address.
struct cay_stream {
	// On the HTTP thread, when all that it gave before has been sent. Must not wait. Appends
	// to the empty *ret and returns true, or returns false: there is nothing for now, `wake`
	// will be called. Nothing appended, and true: the body ends here.
	bool (*next)(struct cay_stream *stream, struct cay_buf *ret);
	// The last of all calls: the body has been sent, or the client has gone.
	void (*drop)(struct cay_stream *stream);
	// Set by HTTP before the first `next`. From any thread, until `drop` returns.
	void (*wake)(struct cay_stream *stream);
	void *reader; // HTTP's
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
	struct cay_request *next; // for who holds it
	char model[72];		  // that it went to, for the log
	char id[40];		  // in the log and in X-Request-Id
	const char *name; // what {name} of the route stands for: decoded, but not checked; or NULL
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
	// Nobody else is connected: the HTTP thread, while it is at the handler, has the time to do
	// it by itself.
	bool alone;
	// Set by a handler that returns CAY_LATER and would have this called right after; or NULL.
	void (*work)(void *context);
	void *work_context; // of that
	struct cay_reply reply;
	// Ends a request for which the handler returned CAY_LATER: once, from any thread. err NULL:
	// reply is the answer, else the error. req is gone afterwards.
	void (*finish)(struct cay_request *req, const struct cay_err *err);
	// The last of all calls, on the HTTP thread: the answer has been sent, so many nanoseconds
	// after the first line came, or the client has gone. Set by who wants it, before finish;
	// NULL: nobody does.
	void (*sent)(struct cay_request *req, uint64_t nanoseconds);
	void *sent_context; // of that
	// True if the client has closed its end: nobody will read an answer. From any thread; NULL:
	// it cannot be known.
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
// True if Accept begins with `type`: nobody who asks for two of ours is told apart.
bool cay_request_accepts(const struct cay_request *req, const char *type);

// True if the tensors of the body are text or a picture, and have not been read while it came.
bool cay_request_needs_reading(const struct cay_request *req);

// True if the Accept-Encoding lists gzip and does not refuse it.
bool cay_request_takes_gzip(const struct cay_request *req);

void cay_reply_header(struct cay_reply *reply, const char *name, const char *value);
unsigned cay_reply_status(enum cay_code code); // the HTTP status of an error
// Makes the reply an error: status, {"error": msg}, Retry-After where it belongs.
void cay_reply_error(struct cay_reply *reply, const struct cay_err *err);

#endif

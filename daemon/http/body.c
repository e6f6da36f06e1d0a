// The body of a request: held in memory, or handed on to an upload, within its limits.
#include "daemon/http/copy.h"
#include "daemon/http/exchange.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_BODIES ((size_t)16 << 20) // bytes that may stay with malloc for the next requests
#define FORM_BUFFER ((size_t)32 << 10)
#define LONG_JSON   ((size_t)256 << 10) // bytes from which on numbers are read ahead
#define BODY_ALIGN  16			// bytes: what malloc gives, and more than an element has

// Hands a piece of a form to the upload. The names of the fields do not matter.
static enum MHD_Result on_part(void *context, enum MHD_ValueKind kind, const char *key,
			       const char *file_name, const char *content_type,
			       const char *transfer_encoding, const char *data, uint64_t offset,
			       size_t size)
{
	struct cay_exchange *x = context;
	const struct cay_piece piece = {key, file_name, offset, (const uint8_t *)data, size};

	(void)kind;
	(void)content_type;
	(void)transfer_encoding;
	if (!x->failed && x->route->body_ops->write(&x->req, &piece, &x->err) < 0)
		x->failed = true;
	return x->failed ? MHD_NO : MHD_YES;
}

static int begin_upload(struct cay_exchange *x)
{
	if (cay_request_is(&x->req, "multipart/form-data")) {
		errno = 0;
		x->form = MHD_create_post_processor(x->connection, FORM_BUFFER, on_part, x);
		if (!x->form && errno == ENOMEM)
			return cay_fail_memory(&x->err);
		if (!x->form) // libmicrohttpd refuses one of a single byte
			return cay_fail(&x->err, CAY_EBAD,
					"the form has no boundary, or too short a one");
	}
	return x->route->body_ops->begin(x->http->app, &x->req, &x->err);
}

static bool is_gathered(const struct cay_exchange *x)
{
	return x->route->body == CAY_BODY_MEMORY || x->route->body == CAY_BODY_TENSORS;
}

// Reserves memory for a body, which is neither counted nor resident before its bytes come. Tensors
// behind JSON are placed at an aligned address, as the engine takes them: they need not be copied.
static void make_room(struct cay_exchange *x, size_t length)
{
	const char *json = x->req.json_length;

	x->body_lead = json ? -strtoull(json, NULL, 10) % BODY_ALIGN : 0;
	cay_buf_reserve(&x->body, x->body_lead + length + 1);
	cay_buf_fill(&x->body, 0, x->body_lead);
}

// Counts bytes that this body holds from now on. Returns the bytes that all bodies hold.
static size_t count_held(struct cay_exchange *x, size_t size)
{
	struct cay_http *http = x->http;
	const size_t bodies = atomic_fetch_add(&http->bodies, size) + size;

	x->held += size;
	if (bodies > atomic_load(&http->most_bodies))
		atomic_store(&http->most_bodies, bodies);
	return bodies;
}

// Lends a long JSON body to the reader, which parses its numbers while the rest arrives: if the
// reader is free, there is memory, and no other request is in flight. Among others a request waits
// for a worker anyway, or is refused, and parsing early would take time from those that run.
static void lend(struct cay_exchange *x, size_t length)
{
	struct cay_http *http = x->http;
	const size_t room = length / 8, size = room * sizeof(float); // most have more digits

	if (length < LONG_JSON || x->req.json_length || atomic_load(&http->app->in_flight) > 1 ||
	    !cay_request_is(&x->req, "application/json") ||
	    atomic_load(&http->bodies) + length + size > http->app->conf->bodies_limit)
		return;
	x->ahead = cay_json_ahead_new(room);
	if (x->ahead && cay_reader_lend(http->reader, x->ahead, (const char *)x->body.data)) {
		count_held(x, size);
	} else {
		cay_json_ahead_free(x->ahead);
		x->ahead = NULL;
	}
}

static int begin_memory(struct cay_exchange *x, uint64_t length)
{
	const struct cay_body_ops *ops = x->route->body_ops;

	if (ops && ops->begin(x->http->app, &x->req, &x->err) < 0) {
		x->drain = !x->headers.expect;
		return -1;
	}
	make_room(x, (size_t)length);
	if (x->route->body == CAY_BODY_TENSORS)
		lend(x, (size_t)length);
	return 0;
}

// Follows a message that a body is too long: the setting that says so.
static const char *const see[] = {
	[CAY_BODY_NONE] = "",
	[CAY_BODY_MEMORY] = "; see body_limit",
	[CAY_BODY_TENSORS] = "; see body_limit",
	[CAY_BODY_UPLOAD] = "; see upload_limit",
};

int cay_exchange_begin_body(struct cay_exchange *x, uint64_t length)
{
	const struct cay_conf *conf = x->http->app->conf;
	const uint64_t limits[] = {
		[CAY_BODY_NONE] = CAY_UNREAD_BODY,
		[CAY_BODY_MEMORY] = conf->body_limit,
		[CAY_BODY_TENSORS] = conf->body_limit,
		[CAY_BODY_UPLOAD] = conf->upload_limit,
	};

	x->body_limit = limits[x->route->body];
	if (length > x->body_limit)
		return cay_fail(&x->err, CAY_ETOOLARGE,
				"the body has %llu bytes, at most %llu can be%s",
				(unsigned long long)length, (unsigned long long)x->body_limit,
				see[x->route->body]);
	if (is_gathered(x))
		return begin_memory(x, length);
	return x->route->body == CAY_BODY_UPLOAD ? begin_upload(x) : 0;
}

void cay_exchange_drop_body(struct cay_exchange *x)
{
	struct cay_http *http = x->http;
	const bool last = x->held > 0 && atomic_fetch_sub(&http->bodies, x->held) == x->held;

	x->held = 0;
	if (x->ahead)
		cay_reader_take_back(http->reader, x->ahead);
	cay_json_ahead_free(x->ahead);
	x->req.ahead = x->ahead = NULL;
	x->req.body = (struct cay_body){0};
	cay_buf_finish(&x->body);
	// malloc by itself gives back only a part of what a crowd of bodies has used.
	if (last && atomic_exchange(&http->most_bodies, 0) > KEPT_BODIES)
		malloc_trim(0);
}

// Appends to the body. While other requests are in flight a worker will read these bytes only
// later: the copy leaves the caches to what runs now. A request that is alone is read at once.
static void put(struct cay_exchange *x, const char *data, size_t size)
{
	uint8_t *at = cay_buf_reserve(&x->body, size);

	if (!at)
		return;
	if (atomic_load(&x->http->app->in_flight) > 1)
		cay_copy_for_later(at, data, size);
	else
		memcpy(at, data, size);
	x->body.len += size;
}

static int hold(struct cay_exchange *x, const char *data, size_t size)
{
	if (count_held(x, size) > x->http->app->conf->bodies_limit)
		return cay_fail(&x->err, CAY_EBUSY, "bodies of other requests fill the memory");
	put(x, data, size);
	if (x->ahead && !x->body.failed)
		cay_reader_tell(x->http->reader, x->body.len);
	return cay_buf_check(&x->body, &x->err);
}

int cay_exchange_take_body(struct cay_exchange *x, const char *data, size_t size)
{
	const struct cay_piece piece = {
		.offset = x->body_bytes - size, .data = (const uint8_t *)data, .size = size};

	if (x->body_bytes > x->body_limit)
		return cay_fail(&x->err, CAY_ETOOLARGE, "the body has more than %llu bytes%s",
				(unsigned long long)x->body_limit, see[x->route->body]);
	if (x->route->body == CAY_BODY_NONE)
		return 0;
	if (is_gathered(x))
		return hold(x, data, size);
	if (!x->form)
		return x->route->body_ops->write(&x->req, &piece, &x->err);
	if (MHD_post_process(x->form, data, size) == MHD_NO && !x->failed)
		return cay_fail(&x->err, CAY_EBAD, "the form is malformed");
	return x->failed ? -1 : 0;
}

static int end_form(struct cay_exchange *x)
{
	struct MHD_PostProcessor *form = x->form;

	x->form = NULL;
	if (form && MHD_destroy_post_processor(form) == MHD_NO && !x->failed)
		return cay_fail(&x->err, CAY_EBAD, "the form is malformed");
	return x->failed ? -1 : 0;
}

int cay_exchange_end_body(struct cay_exchange *x)
{
	if (end_form(x) < 0)
		return -1;
	if (x->ahead) {
		cay_reader_take_back(x->http->reader, x->ahead);
		x->req.ahead = x->ahead;
	}
	if (!is_gathered(x))
		return 0;
	if (!cay_buf_cstr(&x->body))
		return cay_fail_memory(&x->err);
	x->req.body = (struct cay_body){x->body.data + x->body_lead, x->body.len - x->body_lead};
	return 0;
}

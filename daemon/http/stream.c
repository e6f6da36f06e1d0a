// The response of a body that is made while it is sent. While there is nothing its connection is
// suspended: no thread waits or polls, and one piece at most is in memory, however slow the client.
#include "daemon/http/stream.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)4096) // bytes given to libmicrohttpd at once

// The HTTP thread suspends the connection, another one wakes it: whichever is second resumes it.
enum stage { STAGE_AWAKE, STAGE_SUSPENDED, STAGE_WOKEN };

struct reader {
	struct cay_stream *stream;
	struct MHD_Connection *connection;
	struct cay_buf piece;
	size_t sent; // of piece
	atomic_int stage;
};

static void wake(struct cay_stream *stream)
{
	struct reader *r = stream->reader;

	if (atomic_exchange(&r->stage, STAGE_WOKEN) == STAGE_SUSPENDED)
		MHD_resume_connection(r->connection);
}

// False: there is nothing for now, and the connection is suspended.
static bool refill(struct reader *r)
{
	int awake = STAGE_AWAKE;

	r->piece.len = r->sent = 0;
	atomic_store(&r->stage, STAGE_AWAKE);
	if (r->stream->next(r->stream, &r->piece))
		return true;
	MHD_suspend_connection(r->connection);
	if (!atomic_compare_exchange_strong(&r->stage, &awake, STAGE_SUSPENDED))
		MHD_resume_connection(r->connection); // woken meanwhile
	return false;
}

static ssize_t read_some(void *context, uint64_t offset, char *out, size_t max)
{
	struct reader *r = context;
	size_t size;

	(void)offset;
	if (r->sent == r->piece.len && !refill(r))
		return 0;
	if (r->piece.failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	size = r->piece.len - r->sent;
	if (size == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (size > max)
		size = max;
	memcpy(out, r->piece.data + r->sent, size);
	r->sent += size;
	return (ssize_t)size;
}

static void finish(void *context)
{
	struct reader *r = context;

	r->stream->drop(r->stream);
	cay_buf_finish(&r->piece);
	free(r);
}

struct MHD_Response *cay_stream_response(struct cay_stream *stream,
					 struct MHD_Connection *connection)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct MHD_Response *response;

	if (!r)
		return NULL;
	r->stream = stream;
	r->connection = connection;
	stream->reader = r;
	stream->wake = wake;
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_some, r, finish);
	if (!response)
		free(r);
	return response;
}

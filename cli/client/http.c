// Calls over HTTP. The only file that knows libcurl.
#include "cli/client/address.h"
#include "cli/client/client.h"
#include "common/size.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_SECONDS 10L
#define SILENT_SECONDS	600L // without a byte: the daemon has a deadline of its own
#define HEADERS_MAX	((size_t)64 << 10)

struct cay_client {
	struct cay_address address;
	struct cay_buf authorization; // a header's line, or empty
	const char *ca_file;	      // borrowed; NULL: the system's
	CURL *curl;
	bool at_fault; // there was no answer to the last call, and it is not the user's doing
};

// One call on its way.
struct exchange {
	CURL *curl;
	const struct cay_call *call;
	struct cay_answer *answer;
	struct curl_slist *headers;
	curl_mime *form;
	size_t header_bytes;
	bool too_large, cancelled;
	char error[CURL_ERROR_SIZE];
};

// --- what libcurl calls --------------------------------------------------------------------------

// True if the caller gets the body line by line; that of a failure is gathered whole.
static bool wants_lines(const struct exchange *x)
{
	long status = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	return x->call->line && status >= 200 && status < 300;
}

static void tell_line(struct exchange *x)
{
	struct cay_buf *line = &x->answer->body;

	if (line->len && cay_buf_cstr(line))
		x->call->line(x->call->context, (const char *)line->data);
	line->len = 0;
}

// Puts it into the body, which is told and emptied at the ends of lines where these are wanted.
static size_t on_body(char *data, size_t one, size_t size, void *context)
{
	struct exchange *x = context;
	struct cay_buf *body = &x->answer->body;
	const bool lines = wants_lines(x);
	size_t done = 0;

	(void)one;
	while (done < size) {
		const char *end = lines ? memchr(data + done, '\n', size - done) : NULL;
		const size_t len = end ? (size_t)(end - (data + done)) : size - done;

		x->too_large = len > CAY_ANSWER_MAX - body->len;
		if (x->too_large)
			return 0;
		cay_buf_put(body, data + done, len);
		if (body->failed)
			return 0;
		done += len + (end != NULL);
		if (end)
			tell_line(x);
	}
	return size;
}

// A line, which does not end in NUL.
static void take_timing(struct cay_answer *answer, const char *line, size_t size)
{
	static const char name[] = "Server-Timing:";
	const size_t len = sizeof(name) - 1;

	if (size > len && strncasecmp(line, name, len) == 0)
		snprintf(answer->timing, sizeof(answer->timing), "%.*s", (int)(size - len),
			 line + len);
}

static size_t on_header(char *line, size_t one, size_t size, void *context)
{
	struct exchange *x = context;

	(void)one;
	x->header_bytes += size;
	x->too_large = x->header_bytes > HEADERS_MAX;
	if (x->too_large)
		return 0;
	take_timing(x->answer, line, size);
	return size;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		       curl_off_t up)
{
	struct exchange *x = context;

	(void)down_total;
	(void)down;
	x->cancelled = !x->call->progress(x->call->context, (uint64_t)up, (uint64_t)up_total);
	return x->cancelled;
}

// --- a call --------------------------------------------------------------------------------------

// A list that cannot grow is NULL; what it was is freed then.
static bool add_header(struct exchange *x, const char *line)
{
	struct curl_slist *longer = curl_slist_append(x->headers, line);

	if (longer)
		x->headers = longer;
	return longer;
}

static bool set_headers(struct cay_client *c, struct exchange *x)
{
	const struct cay_call *call = x->call;
	bool ok = true;

	if (c->authorization.len)
		ok = add_header(x, (const char *)c->authorization.data);
	for (size_t i = 0; i < CAY_ARRAY_SIZE(call->headers) && call->headers[i]; i++)
		ok = ok && add_header(x, call->headers[i]);
	if (!call->upload) // else a refusal may spare it
		ok = ok && add_header(x, "Expect:");
	return ok && curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

static bool set_form(struct cay_client *c, struct exchange *x)
{
	const struct cay_upload *upload = x->call->upload;

	x->form = curl_mime_init(c->curl);
	if (!x->form)
		return false;
	for (size_t i = 0; i < upload->count; i++) {
		curl_mimepart *part = curl_mime_addpart(x->form);

		if (!part || curl_mime_name(part, "file") != CURLE_OK ||
		    curl_mime_filedata(part, upload->files[i].path) != CURLE_OK ||
		    curl_mime_filename(part, upload->files[i].name) != CURLE_OK ||
		    curl_mime_type(part, "application/octet-stream") != CURLE_OK)
			return false;
	}
	return curl_easy_setopt(c->curl, CURLOPT_MIMEPOST, x->form) == CURLE_OK;
}

static bool set_body(struct cay_client *c, struct exchange *x)
{
	const struct cay_call *call = x->call;

	if (call->upload)
		return set_form(c, x);
	return curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->size) ==
		       CURLE_OK &&
	       curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, call->body) == CURLE_OK;
}

static bool set_url(struct cay_client *c, const char *path)
{
	struct cay_buf url = {0};
	const char *text;
	bool ok;

	if (!path)
		return false;
	cay_buf_printf(&url, "%s%s", c->address.path ? "http://localhost" : c->address.text, path);
	text = cay_buf_cstr(&url);
	ok = text && curl_easy_setopt(c->curl, CURLOPT_URL, text) == CURLE_OK; // copies it
	cay_buf_finish(&url);
	return ok;
}

static void set_limits(CURL *curl, const struct cay_call *call)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); // a board is near, whatever the shell says
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, call->line ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENT_SECONDS);
}

static bool set_up(struct cay_client *c, struct exchange *x)
{
	const struct cay_call *call = x->call;
	CURL *curl = c->curl;

	curl_easy_reset(curl); // the connection stays
	set_limits(curl, call);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	if (call->progress) {
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, x);
	}
	if (c->address.path &&
	    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->address.path) != CURLE_OK)
		return false;
	if (c->ca_file && curl_easy_setopt(curl, CURLOPT_CAINFO, c->ca_file) != CURLE_OK)
		return false;
	if ((call->body || call->upload) && !set_body(c, x))
		return false;
	if (curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method) != CURLE_OK)
		return false;
	return set_url(c, call->path) && set_headers(c, x);
}

// --- what went wrong -----------------------------------------------------------------------------

static int fail_connect(struct cay_client *c, const struct exchange *x, struct cay_err *err)
{
	long number = 0;

	curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &number);
	return cay_fail(err, CAY_EIO,
			"cannot connect: %s; is the daemon running there? 'systemctl start "
			"cayuco' or 'cayucod' starts it, --url names another",
			number ? strerror((int)number) : x->error);
}

// Fails for a call that got no whole answer.
static int fail_call(struct cay_client *c, const struct exchange *x, CURLcode code,
		     struct cay_err *err)
{
	const char *why = *x->error ? x->error : curl_easy_strerror(code);

	if (x->cancelled)
		return cay_fail(err, CAY_ECANCELED, "cancelled");
	if (code == CURLE_OUT_OF_MEMORY || x->answer->body.failed)
		return cay_fail_memory(err);
	if (code == CURLE_READ_ERROR)
		return cay_fail(err, CAY_EIO, "a file cannot be read, or has changed");
	c->at_fault = true;
	if (x->too_large)
		return cay_fail(err, CAY_EIO,
				"the answer is over the limit of %zu MiB, or of %zu KiB of headers",
				CAY_ANSWER_MAX >> 20, HEADERS_MAX >> 10);
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
		return fail_connect(c, x, err);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		return cay_fail(err, CAY_EIO, "not trusted: %s (see --ca-file)", why);
	if (code == CURLE_SSL_CONNECT_ERROR)
		return cay_fail(err, CAY_EIO, "no https is spoken there: %s", why);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return cay_fail(err, CAY_ETIMEOUT, "no answer: %s", why);
	return cay_fail(err, CAY_EIO, "the answer is cut short or is not HTTP: %s", why);
}

enum cay_code cay_client_code(unsigned status)
{
	switch (status) {
	case 404:
		return CAY_ENOTFOUND;
	case 409:
		return CAY_ECONFLICT;
	case 503:
		return CAY_EBUSY;
	case 504:
		return CAY_ETIMEOUT;
	case 507:
		return CAY_ENOSPACE;
	default:
		return status >= 400 && status < 500 ? CAY_EBAD : CAY_EIO;
	}
}

// The daemon's own words, if these are there. cay_fail makes them fit for a terminal.
static int fail_status(const struct cay_answer *answer, struct cay_err *err)
{
	const char *hint = answer->status == 401 ? " (see --token-file)" : "";
	json_t *root = json_loadb((const char *)answer->body.data, answer->body.len, 0, NULL);
	const char *text = json_string_value(json_object_get(root, "error"));

	if (text)
		cay_fail(err, cay_client_code(answer->status), "%s%s", text, hint);
	else
		cay_fail(err, cay_client_code(answer->status),
			 "the daemon answers with status %u%s", answer->status, hint);
	json_decref(root);
	return -1;
}

int cay_client_call(struct cay_client *client, const struct cay_call *call, struct cay_answer *ret,
		    struct cay_err *err)
{
	struct exchange x = {.curl = client->curl, .call = call, .answer = ret};
	long status = 0;
	CURLcode code;
	int result = 0;

	*ret = (struct cay_answer){0};
	client->at_fault = false;
	code = set_up(client, &x) ? curl_easy_perform(client->curl) : CURLE_OUT_OF_MEMORY;
	if (code == CURLE_OK)
		curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && wants_lines(&x))
		tell_line(&x); // without an end
	if (code != CURLE_OK)
		result = fail_call(client, &x, code, err);
	ret->status = (unsigned)status;
	if (result == 0 && (status < 200 || status >= 300))
		result = fail_status(ret, err);
	curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(x.headers);
	curl_mime_free(x.form);
	return result;
}

// --- open and close ------------------------------------------------------------------------------

// What an option says, or else the environment; NULL if neither does.
static const char *setting(const char *option, const char *variable)
{
	const char *value = option ? option : getenv(variable);

	return value && *value ? value : NULL;
}

static int read_token(struct cay_client *client, const char *path)
{
	struct cay_err err;

	if (!path)
		return CAY_EXIT_DONE;
	cay_buf_text(&client->authorization, "Authorization: Bearer ");
	if (cay_token_read(path, &client->authorization, &err) == 0 &&
	    cay_buf_cstr(&client->authorization))
		return CAY_EXIT_DONE;
	return cay_exit_fail(path, &err);
}

static int open_client(struct cay_client *client, const struct cay_client_args *args)
{
	struct cay_err err;

	if (cay_address_find(&client->address, args->url, &err) < 0)
		return cay_exit_fail(client->address.text ? client->address.text : "URL", &err);
	client->curl = curl_easy_init();
	if (!client->curl) {
		cay_fail_memory(&err);
		return cay_exit_fail(client->address.text, &err);
	}
	client->ca_file = setting(args->ca_file, "CAYUCO_CA_FILE");
	return read_token(client, setting(args->token_file, "CAYUCO_TOKEN_FILE"));
}

int cay_client_open(const struct cay_client_args *args, struct cay_client **ret)
{
	struct cay_client *client = calloc(1, sizeof(*client));
	struct cay_err err;
	int status;

	if (!client) {
		cay_fail_memory(&err);
		return cay_exit_fail("client", &err);
	}
	status = open_client(client, args);
	if (status == CAY_EXIT_DONE)
		*ret = client;
	else
		cay_client_free(client);
	return status;
}

void cay_client_free(struct cay_client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	cay_buf_finish(&client->authorization);
	cay_address_finish(&client->address);
	free(client);
}

const char *cay_client_url(const struct cay_client *client)
{
	return client->address.text;
}

int cay_client_fail(const struct cay_client *client, const char *what, const struct cay_err *err)
{
	return cay_exit_fail(client->at_fault ? client->address.text : what, err);
}

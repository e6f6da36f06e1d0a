// A daemon as the client subcommands see it: where it is, one call at a time, what it answers.
#ifndef CAY_CLI_CLIENT_CLIENT_H
#define CAY_CLI_CLIENT_CLIENT_H

#include "cli/cli.h"
#include "cli/client/upload.h"
#include "common/buf.h"
#include "common/tensor.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// The only symbol that this shared object shows: runs the subcommand argv[0], and returns the
// status to exit with.
int cay_client_main(int argc, char **argv);

int cay_predict_main(int argc, char **argv);
int cay_change_main(int argc, char **argv); // load, unload, remove
int cay_jobs_main(int argc, char **argv);
int cay_client_convert_main(int argc, char **argv);
int cay_client_bench_main(int argc, char **argv);

struct cay_client; // one connection, which is kept open; for one thread at a time

// Those that take no more than options: print what they ask, as JSON if it is wanted. Return the
// status to exit with.
int cay_status_show(struct cay_client *client, bool json);
int cay_ls_show(struct cay_client *client, bool json);

#define CAY_ANSWER_MAX ((size_t)16 << 20) // bytes of an answer's body

struct cay_client_args {
	char *url, *token_file, *ca_file; // NULL: not given
};
#define CAY_CLIENT_OPTIONS(args)                                                                   \
	{"url",	       0,     CAY_OPTION_TEXT,                                                     \
	 &(args)->url, "URL", "http://ADDRESS:PORT or unix:PATH of the daemon (CAYUCO_URL)"},      \
		{"token-file",	  0,                                                               \
		 CAY_OPTION_TEXT, &(args)->token_file,                                             \
		 "FILE",	  "holds the token that the daemon wants (CAYUCO_TOKEN_FILE)"},    \
	{                                                                                          \
		"ca-file", 0, CAY_OPTION_TEXT, &(args)->ca_file, "FILE",                           \
			"certificates to trust for https, as PEM (CAYUCO_CA_FILE)"                 \
	}

// Without a URL: $CAYUCO_URL, the system's Unix socket, or loopback. Connects with the first call.
// Returns CAY_EXIT_DONE, or the status to exit with after a failure has been printed.
int cay_client_open(const struct cay_client_args *args, struct cay_client **ret);
void cay_client_free(struct cay_client *client); // NULL is fine
const char *cay_client_url(const struct cay_client *client);

// A request. Pointers are borrowed; members that are zero are absent.
struct cay_call {
	const char *method, *path; // with its query, encoded; NULL: there was no memory for it
	const char *headers[3];	   // whole lines
	const void *body;	   // of `size` bytes, or
	const struct cay_upload *upload; // a form, read from its files as it is sent
	size_t size;
	// Told of the bytes of the body that have been sent; false gives up: CAY_ECANCELED.
	bool (*progress)(void *context, uint64_t sent, uint64_t total);
	// Told of each line of the body as it comes, without its end; such an answer's body stays
	// empty, and may be silent for long.
	void (*line)(void *context, const char *line);
	void *context;
};

struct cay_answer {
	unsigned status; // of HTTP; 0: none has come
	struct cay_buf body;
	char timing[256]; // Server-Timing, or ""
};

// 0 with an answer of the statuses 200 to 299, for cay_answer_finish. -1 else: with the daemon's
// own words, CAY_EBUSY if it can be asked again later.
int cay_client_call(struct cay_client *client, const struct cay_call *call, struct cay_answer *ret,
		    struct cay_err *err);
// The answer as JSON, which must be an object. The caller owns it (json_decref). NULL: *err is set.
json_t *cay_client_call_json(struct cay_client *client, const struct cay_call *call,
			     struct cay_err *err);
json_t *cay_client_get_json(struct cay_client *client, const char *path, struct cay_err *err);
void cay_answer_finish(struct cay_answer *answer);

// The error that a status of HTTP stands for: CAY_EBAD if the request is at fault.
enum cay_code cay_client_code(unsigned status);
// As cay_exit_fail, with the daemon in front where it is at fault that there is no answer.
int cay_client_fail(const struct cay_client *client, const char *what, const struct cay_err *err);

// A member of an object; "" or 0 where it is not there or of another kind.
const char *cay_answer_text(const json_t *object, const char *key);
long long cay_answer_whole(const json_t *object, const char *key);
double cay_answer_number(const json_t *object, const char *key);
// Its member "shape" as cay_shape_text has it, in `text`, which is returned.
const char *cay_answer_shape(const json_t *object, char text[CAY_SHAPE_TEXT]);
// Prints it as JSON that is safe on a terminal.
int cay_answer_print(const json_t *root);

// --- paths ---
// Appends a text to a path, percent-encoded, so that it can be a name or a value there.
void cay_client_encode(struct cay_buf *path, const char *text);

#endif

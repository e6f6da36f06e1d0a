// Which handler answers which method and path, and what its body may be.
#ifndef CAY_DAEMON_HTTP_ROUTER_H
#define CAY_DAEMON_HTTP_ROUTER_H

#include "daemon/app.h"
#include "daemon/http/access.h"
#include "daemon/http/request.h"

enum cay_body_mode {
	CAY_BODY_NONE,	  // no body is read
	CAY_BODY_MEMORY,  // gathered in req->body, up to conf->body_limit
	CAY_BODY_TENSORS, // the same; numbers of long JSON are parsed ahead, into req->ahead
	CAY_BODY_UPLOAD,  // given piece by piece to route->body_ops, up to conf->upload_limit
};

// A piece of an uploaded body: of a part of a multipart form, or else of the body as it is.
struct cay_piece {
	const char *field;     // of the form; NULL: not a form
	const char *file_name; // of the part as the client gave it: a key, never a path; NULL: none
	uint64_t offset;       // of this piece in its part or body; 0 begins a new part
	const uint8_t *data;
	size_t size; // 0 for an empty part
};

// What is done before a body is complete. All three run on the HTTP thread and must not wait for
// anything but a disk. Bodies that are gathered in memory use `begin` alone.
struct cay_body_ops {
	// At the headers, before memory is held for the body. A failure is the answer. An upload's
	// sets req->upload; after its failure the body is not read, else it is, and dropped.
	int (*begin)(struct cay_app *app, struct cay_request *req, struct cay_err *err);
	// A failure is the answer; the rest of the body is dropped.
	int (*write)(struct cay_request *req, const struct cay_piece *piece, struct cay_err *err);
	// Called if req->upload is not NULL when the request ends: it failed, or the client has
	// gone. A handler that takes the upload over sets req->upload to NULL.
	void (*drop)(struct cay_request *req);
};

#define CAY_LATER 1
// Returns 0 (req->reply is the answer), -1 with *err set, or CAY_LATER: somebody will call
// req->finish. Runs on the HTTP thread and must not wait.
typedef int cay_handler(struct cay_app *app, struct cay_request *req, struct cay_err *err);

struct cay_route {
	const char *method;	      // "GET" answers HEAD too
	const char *pattern;	      // "/models/{name}": a segment in braces stands for any one
	enum cay_access_level access; // that a request must have
	enum cay_body_mode body;
	cay_handler *handle;
	const struct cay_body_ops *body_ops; // NULL: none
};

extern const struct cay_route cay_routes[];
extern const size_t cay_route_count;

// What {name} and {version} of a route stand for, decoded and owned; NULL: it has none.
struct cay_path_names {
	char *name, *version;
};
void cay_path_names_finish(struct cay_path_names *names); // zeroed is fine

// The route for a raw path (still percent-encoded, without query). *ret_names is the caller's to
// finish, whatever comes. NULL with CAY_ENOTFOUND or CAY_EBAD; or, if the path is there for other
// methods only, NULL with *ret_allow set to their list for `Allow`.
const struct cay_route *cay_router_find(const char *method, const char *path,
					struct cay_path_names *ret_names, struct cay_buf *ret_allow,
					struct cay_err *err);

// Percent-decodes into a new string; CAY_EBAD for a bad escape or an encoded NUL.
char *cay_router_decode(const char *text, size_t len, struct cay_err *err);

extern const char cay_openapi_json[]; // made from api-spec/openapi.yaml by the build

// The handlers, by file of daemon/routes.
cay_handler cay_route_predict, cay_route_profile;			 // predict.c
extern const struct cay_body_ops cay_inference_ops;			 // predict.c
cay_handler cay_route_convert;						 // convert.c
cay_handler cay_route_jobs, cay_route_job, cay_route_job_delete;	 // jobs.c
cay_handler cay_route_job_events;					 // jobs.c
cay_handler cay_route_models, cay_route_model, cay_route_model_delete;	 // models.c
cay_handler cay_route_model_put;					 // model_upload.c
extern const struct cay_body_ops cay_model_upload_ops;			 // model_upload.c
cay_handler cay_route_model_json, cay_route_model_json_put;		 // model_texts.c
cay_handler cay_route_model_labels, cay_route_model_labels_put;		 // model_texts.c
cay_handler cay_route_v2_server, cay_route_v2_model, cay_route_v2_ready; // v2.c
cay_handler cay_route_v2_infer, cay_route_v2_index, cay_route_v2_stats;	 // v2.c
cay_handler cay_route_v2_config;					 // v2.c
cay_handler cay_route_v2_load, cay_route_v2_unload;			 // repository.c
cay_handler cay_route_live, cay_route_ready, cay_route_openapi;		 // health.c
cay_handler cay_route_metrics;						 // metrics.c
cay_handler cay_route_board;						 // board.c
cay_handler cay_route_page, cay_route_page_file, cay_route_page_panel;	 // page.c

#endif

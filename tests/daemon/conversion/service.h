// The daemon without HTTP, for tests of what serves conversions.
#ifndef CAY_TESTS_DAEMON_CONVERSION_SERVICE_H
#define CAY_TESTS_DAEMON_CONVERSION_SERVICE_H

#include "daemon/conversion/jobs.h"
#include "daemon/http/request.h"
#include "daemon/http/router.h"

#include <limits.h>
#include <pthread.h>

struct service {
	struct cay_conf conf;
	struct cay_app app;
	struct cay_converter *converter;
	char top[PATH_MAX - 64]; // holds the state directory
};

// Each argument is a flag of the daemon, NULL ends them. What a conversion does is told by the name
// of its first file:
//   __model__  a model becomes of it
//   crash      it crashes
//   bad        it fails with CAY_EMODEL
//   wait       it begins, and goes on after service_release
//   litter     it leaves a report that is no JSON
//   list       it fails, and says of each file how many bytes it has and what the last one is
void service_open(struct service *s, const char *const *flags);
void service_close(struct service *s);

// Waits until the conversion of a `wait` runs, and lets it go on and succeed.
void service_meet(struct service *s);
void service_release(struct service *s);
// Directories that uploads and jobs have.
size_t service_count_workspaces(const struct service *s);
// Files in the directory of the only one.
size_t service_count_files(const struct service *s);

// A directory for a job, as an upload leaves it: one file of that name.
char *service_upload(struct service *s, const char *name);

// A request, and where its end is waited for.
struct client {
	struct cay_request req; // first: the end of a request is told by its address
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool finished;
	struct cay_err err;
};
void client_init(struct client *c);
// Waits until somebody has finished the request. The body of the reply, NUL-terminated, borrowed.
const char *client_wait(struct client *c);
void client_finish(struct client *c);

#endif

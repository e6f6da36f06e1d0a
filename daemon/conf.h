// The settings: defaults, then the file, then the environment, then the flags; the last one wins.
#ifndef CAY_DAEMON_CONF_H
#define CAY_DAEMON_CONF_H

#include "common/err.h"
#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>

#define CAY_CONF_LIST 16
#define CAY_CONF_KEYS 48

// Where a setting comes from.
enum cay_conf_source { CAY_CONF_DEFAULT, CAY_CONF_FILE, CAY_CONF_ENVIRONMENT, CAY_CONF_FLAG };
struct cay_conf_place {
	enum cay_conf_source source;
	int line; // of the file
};

struct cay_conf_list {
	char *item[CAY_CONF_LIST]; // owned
	int line[CAY_CONF_LIST];   // of the file
	size_t count;
};

// A key of the file is also a flag (`--body_limit`, or with dashes) and an environment variable
// (CAYUCO_BODY_LIMIT). The table in conf.c has names, defaults and ranges.
struct cay_conf {
	struct cay_conf_list listen; // "127.0.0.1:8080", "[::1]:0", "unix:PATH"
	struct cay_conf_list hosts;  // names besides loopback that a Host header may have
	char *token_file;	     // has the token that clients must send; NULL: they need none
	char *admin_token_file;	     // the same for clients that change something
	char *tls_certificate;	     // a chain as PEM, for https; NULL: http
	char *tls_key;		     // of that certificate
	char *state;		     // the directory of models; owned
	char *model;		     // that /predict takes when none is named; NULL: the only one
	char *cpu;		     // caps the kernels used; NULL: what the machine has
	size_t instances;	     // sessions per model
	size_t threads;		     // of each session
	size_t queue;		     // requests that may wait per model
	size_t deadline;	     // seconds for a request, from its last byte to its answer
	size_t idle_timeout;	     // seconds without a byte until a connection is closed
	size_t connections, connections_per_address;
	size_t body_limit;	   // bytes of a body that is held in memory
	size_t bodies_limit;	   // bytes of all of them, and of long answers
	size_t json_depth;	   // brackets within brackets
	size_t arena_limit;	   // bytes of activations of a session
	size_t picture_pixels;	   // of one picture, as its header has them
	size_t picture_memory;	   // bytes of one whose rows do not come in order
	size_t models_limit;	   // bytes of packed weights of all models
	size_t load_timeout;	   // seconds
	size_t threads_limit;	   // instances times threads that a model.json may say
	size_t queue_limit;	   // requests that it may let wait
	size_t versions;	   // kept per model
	size_t upload_limit;	   // bytes of a model directory that is uploaded
	size_t upload_files;	   // files in it
	size_t jobs;		   // kept after they have ended
	size_t conversion_timeout; // seconds
	size_t conversion_memory;  // bytes of address space of a conversion
	size_t state_limit;	   // bytes of the state directory
	enum cay_log_level log_level;
	struct cay_conf_place places[CAY_CONF_KEYS]; // of the keys, in the order of the table
	char *file;				     // of --config; NULL: none
};

enum cay_conf_action { CAY_CONF_RUN, CAY_CONF_HELP, CAY_CONF_VERSION };

// Fills *ret from defaults, --config FILE, environment and arguments. On failure *ret needs finish
// too, and err.msg is the whole line to print ("cayuco.ini:3: unknown key 'lisen'"). env is
// environ.
int cay_conf_load(struct cay_conf *ret, int argc, char **argv, char **env,
		  enum cay_conf_action *ret_action, struct cay_err *err);
void cay_conf_finish(struct cay_conf *conf);
// Puts where a setting comes from in front of a message about it: "cayuco.ini:3: token_file",
// "--listen". member: &conf->token_file, or &conf->listen.item[i]. Returns -1.
int cay_conf_blame(const struct cay_conf *conf, const void *member, struct cay_err *err);
void cay_conf_help(void); // to stdout

#endif

// Subcommands that ask a daemon: loads the shared object that has them, and with it libcurl.
#include "cli/cli.h"
#include "common/size.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// libcurl and its libraries take 6 MB when they are loaded, which work on files shall not pay for.
// Where the client is, from the tool's directory: as installed or unpacked, and as built.
static const char *const places[] = {
	"/../lib/cayuco/cayuco-client.so",
	"/cayuco-client.so",
};

// The directory of this program, without a slash at its end.
static int find_program(char *ret, size_t size, struct cay_err *err)
{
	ssize_t len = readlink("/proc/self/exe", ret, size - 1);

	if (len < 0)
		return cay_fail_errno(err, "cannot read /proc/self/exe");
	ret[len] = '\0';
	*strrchr(ret, '/') = '\0';
	return 0;
}

// The path of the shared object; if it is nowhere, the path where it should be.
static int find_client(char *ret, size_t size, struct cay_err *err)
{
	char program[PATH_MAX];

	if (find_program(program, sizeof(program), err) < 0)
		return -1;
	for (size_t i = CAY_ARRAY_SIZE(places); i-- > 0;) {
		snprintf(ret, size, "%s%s", program, places[i]);
		if (access(ret, F_OK) == 0)
			break;
	}
	return 0;
}

int cay_ask_main(int argc, char **argv)
{
	char path[PATH_MAX + 64];
	int (*run)(int argc, char **argv) = NULL;
	struct cay_err err;
	void *client; // never unloaded

	if (find_client(path, sizeof(path), &err) < 0)
		return cay_exit_fail(argv[0], &err);
	client = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (client)
		run = (int (*)(int, char **))dlsym(client, "cay_client_main");
	if (run)
		return run(argc, argv);
	cay_fail(&err, CAY_EIO, "cannot load the client: %s", dlerror());
	return cay_exit_fail(argv[0], &err);
}

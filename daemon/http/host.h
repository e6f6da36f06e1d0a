// Host and Origin: a web page in a browser of this machine can reach loopback, too.
#ifndef CAY_DAEMON_HTTP_HOST_H
#define CAY_DAEMON_HTTP_HOST_H

#include "daemon/conf.h"

// True if a Host header ("name", "name:port", "[::1]:port") means loopback, or one of the names or
// addresses of the lists `hosts` and `listen`. A name that somebody else's DNS points at us is not.
bool cay_host_is_ours(const char *host, const struct cay_conf *conf);
// True if an Origin header ("http://name:port") is the page of this very host and port.
bool cay_host_is_origin(const char *host, const char *origin);

#endif

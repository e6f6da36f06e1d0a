// What systemd gives a service and wants to hear from it; all of it does nothing elsewhere.
#ifndef CAY_DAEMON_SYSTEMD_H
#define CAY_DAEMON_SYSTEMD_H

#include "common/err.h"

#include <stddef.h>

#define CAY_SYSTEMD_FIRST_FD 3

// How many listening sockets were handed over, from CAY_SYSTEMD_FIRST_FD on.
size_t cay_systemd_sockets(void);
// Sends "READY=1" and the like to the service manager, and never waits for it: if it cannot be sent
// now it is lost, with *err set. Returns 0 where there is no service manager.
int cay_systemd_notify(struct cay_err *err, const char *fmt, ...) CAY_PRINTF(2, 3);
// Milliseconds between the watchdog's pings, half of what it allows; -1: there is none.
int cay_systemd_watchdog(void);

#endif

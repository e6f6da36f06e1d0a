// When a connection must have sent its headers, or read its answer.
#include "daemon/http/sockets/patience.h"
#include "daemon/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

struct cay_waited {
	struct cay_waited *next, **at; // at: what points here
	uint64_t until;
	int socket;
};

struct cay_patience {
	pthread_mutex_t lock;
	struct cay_waited *first;
};

struct cay_patience *cay_patience_new(void)
{
	struct cay_patience *p = calloc(1, sizeof(*p));

	if (p)
		pthread_mutex_init(&p->lock, NULL);
	return p;
}

void cay_patience_free(struct cay_patience *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct cay_waited *cay_patience_add(struct cay_patience *p, int socket, uint64_t until)
{
	struct cay_waited *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	pthread_mutex_lock(&p->lock);
	*w = (struct cay_waited){p->first, &p->first, until, socket};
	if (w->next)
		w->next->at = &w->next;
	p->first = w;
	pthread_mutex_unlock(&p->lock);
	return w;
}

void cay_patience_remove(struct cay_patience *p, struct cay_waited *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&p->lock);
	*w->at = w->next;
	if (w->next)
		w->next->at = w->at;
	pthread_mutex_unlock(&p->lock);
	free(w);
}

void cay_patience_set(struct cay_patience *p, struct cay_waited *w, uint64_t until)
{
	if (!w)
		return;
	pthread_mutex_lock(&p->lock);
	w->until = until;
	pthread_mutex_unlock(&p->lock);
}

void cay_patience_end(struct cay_patience *p)
{
	const uint64_t now = cay_clock_now();

	pthread_mutex_lock(&p->lock);
	for (const struct cay_waited *w = p->first; w; w = w->next)
		if (w->until < now)
			shutdown(w->socket, SHUT_RDWR); // its thread finds that, and closes it
	pthread_mutex_unlock(&p->lock);
}

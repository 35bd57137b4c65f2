/* Runs of chat-send: messages on their way, and questions who is there. */
#include "sender/chat/errands.h"

#include <cJSON.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/text.h"
#include "sender/chat/child.h"
#include "sender/chat/exit.h"
#include "sender/chat/loop.h"
#include "sender/chat/run.h"
#include "sender/chat/screen.h"
#include "sender/exit.h"

#define TIMEOUT "30"    /* seconds for a message */
#define ASK_TIMEOUT "5" /* seconds for a question */
#define MOST_ERRANDS 64
#define MOST_RUNNING 8  /* at once, each to another user */
#define MOST_WORDS 16   /* of a command line */
#define QUOTED_START 30 /* characters of a text that tell which it was */

struct errand {
	struct errand *next;
	struct target target;
	int text;                         /* a file, or -1 for a question */
	char start[4 * QUOTED_START + 4]; /* of the text */
	char *names;                      /* whom to ask, or NULL */
	void (*told)(const char *name, const char *why);
	void (*done)(void);
	void (*missed)(const struct target *target);
	struct run run; /* does not run: waits */
	char bytes[8192];
	char said[8192]; /* lines that are shown when it ends */
};

static struct {
	struct errand *first, *last;
	size_t count, running;
	bool stopping;
	char keep[24]; /* for how long, or empty */
} errands;

static void start_those_that_can(void);

void
errands_keep(unsigned seconds)
{
	if (seconds > 0)
		(void)snprintf(
		    errands.keep, sizeof(errands.keep), "%u", seconds);
}

size_t
errands_count(void)
{
	return errands.count;
}

bool
errands_full(void)
{
	return errands.count >= MOST_ERRANDS;
}

/* Says how it ended. Which one is clear if nothing was typed since. */
static void
report(const struct errand *errand, int status)
{
	bool newest = errand == errands.last;
	const char *mark = newest ? "" : ": ", *to = errand->target.to;
	const char *start = newest ? "" : errand->start;

	if (status == SEND_OK)
		screen_say("delivered to %s%s%s", to, mark, start);
	else if (status == SEND_UNKNOWN)
		screen_say(
		    "delivery to %s unknown; sent again, it may be shown twice%s%s",
		    to, mark, start);
	else if (status == SEND_KEPT)
		screen_say(
		    "not delivered to %s yet, but kept; chat-spool delivers it%s%s",
		    to, mark, start);
	else
		screen_say("not delivered to %s (status %d)%s%s", to, status,
		    mark, start);
}

static void
forget(struct errand *errand)
{
	struct errand **link = &errands.first, *last = NULL;

	for (; *link != errand; link = &(*link)->next)
		last = *link;
	*link = errand->next;
	if (errands.last == errand)
		errands.last = last;
	errands.count--;
	if (errand->text != -1)
		(void)close(errand->text);
	if (errand->target.key != -1)
		(void)close(errand->target.key);
	free(errand->names);
	free(errand);
}

static void
finish(void *arg, int status)
{
	struct errand *errand = arg;

	errands.running--;
	screen_relay_all(errand->said);
	if (errand->names == NULL)
		loop_note(status);
	if (errand->text != -1)
		report(errand, status);
	else if (errand->names != NULL)
		errand->done();
	else if (status == SEND_OK)
		screen_say("%s is there", errand->target.to);
	else
		errand->missed(&errand->target);
	forget(errand);
	start_those_that_can();
}

/* A result of chat-send -j. */
static void
take_answer(const struct errand *errand, const char *line)
{
	cJSON *result = cJSON_Parse(line);
	const cJSON *to = cJSON_GetObjectItemCaseSensitive(result, "to");
	const cJSON *ok = cJSON_GetObjectItemCaseSensitive(result, "ok");
	const cJSON *why = cJSON_GetObjectItemCaseSensitive(result, "reason");

	if (cJSON_IsString(to) && cJSON_IsString(why))
		errand->told(to->valuestring,
		    cJSON_IsTrue(ok) ? NULL : why->valuestring);
	else
		screen_relay(line, strlen(line));
	cJSON_Delete(result);
}

static void
take_said(void *arg, char *line, size_t len)
{
	struct errand *errand = arg;

	if (errand->names != NULL)
		take_answer(errand, line);
	else if (strlen(errand->said) + len + 1 < sizeof(errand->said)) {
		(void)strlcat(errand->said, line, sizeof(errand->said));
		(void)strlcat(errand->said, "\n", sizeof(errand->said));
	}
}

/* Writes the command line. The name comes last, so that it is no option. */
static void
spell(struct errand *errand, char *words[MOST_WORDS])
{
	struct target *target = &errand->target;
	size_t n = 0;

	words[n++] = "chat-send";
	words[n++] = errand->names != NULL ? "-qnj"
	    : errand->text == -1           ? "-qn"
					   : "-q";
	words[n++] = "-t";
	words[n++] = errand->names != NULL ? ASK_TIMEOUT : TIMEOUT;
	/* A secret that was typed is not kept. */
	if (errand->text != -1 && errands.keep[0] != '\0' &&
	    target->key == -1) {
		words[n++] = "-s";
		words[n++] = errands.keep;
	}
	if (target->address[0] != '\0') {
		words[n++] = "-a";
		words[n++] = target->address;
		words[n++] = "-p";
		words[n++] = target->port;
		words[n++] = target->key == -1 ? "-d" : "-k";
		words[n++] = target->key == -1 ? getenv("CHAT_DIRECTORY")
					       : CHILD_KEY_FILE;
	}
	words[n++] = "--";
	words[n++] = errand->names != NULL ? errand->names : target->to;
	words[n] = NULL;
}

static void
start(struct errand *errand)
{
	char *words[MOST_WORDS];

	spell(errand, words);
	errand->run.feed.bytes = errand->bytes;
	errand->run.feed.size = sizeof(errand->bytes);
	errand->run.take = take_said;
	errand->run.done = finish;
	errand->run.arg = errand;
	errands.running++;
	run_start(&errand->run, words, errand->text, errand->target.key);
}

/* Whether an earlier errand goes to the same user. */
static bool
has_to_wait(const struct errand *errand)
{
	for (const struct errand *e = errands.first; e != errand; e = e->next)
		if (strcmp(e->target.to, errand->target.to) == 0)
			return true;
	return false;
}

static void
start_those_that_can(void)
{
	for (struct errand *e = errands.first;
	    e != NULL && errands.running < MOST_RUNNING; e = e->next)
		if (e->run.pid == 0 && !errands.stopping && !has_to_wait(e))
			start(e);
}

/* Adds an errand. A target that is NULL is nobody. */
static struct errand *
add(const struct target *target)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	errand->text = -1;
	errand->target.key = -1;
	if (target != NULL)
		errand->target = *target;
	if (errand->target.key != -1 &&
	    (errand->target.key = fcntl(target->key, F_DUPFD_CLOEXEC, 0)) == -1)
		err(TERMINAL_SYSTEM, "cannot keep the secret");
	if (errands.last != NULL)
		errands.last->next = errand;
	else
		errands.first = errand;
	errands.last = errand;
	errands.count++;
	return errand;
}

/* Copies the start of a text, without its second line. */
static void
quote_start(const char *text, char *start)
{
	const char *p = text, *end = text + strlen(text);
	size_t count = 0;

	while (p < end && *p != '\n' && count++ < QUOTED_START)
		if (text_next(&p, end) == -1)
			break;
	memcpy(start, text, (size_t)(p - text));
	(void)strcpy(start + (p - text), p < end ? "..." : "");
}

void
errands_send(const struct target *target, const char *text)
{
	int file = child_file(text, strlen(text));
	struct errand *errand;

	if (file == -1) {
		screen_say("not sent: no memory for it");
		return;
	}
	errand = add(target);
	errand->text = file;
	quote_start(text, errand->start);
	start_those_that_can();
}

void
errands_probe(
    const struct target *target, void (*missed)(const struct target *target))
{
	add(target)->missed = missed;
	start_those_that_can();
}

void
errands_ask(const char *names, void (*told)(const char *name, const char *why),
    void (*done)(void))
{
	struct errand *errand = add(NULL);

	errand->names = strdup(names);
	if (errand->names == NULL)
		err(TERMINAL_SYSTEM, "malloc");
	errand->told = told;
	errand->done = done;
	start_those_that_can();
}

/* Those that run say themselves how far they came. */
void
errands_stop(void)
{
	errands.stopping = true;
	while (errands.first != NULL) {
		struct errand *errand = errands.first;

		if (errand->run.pid == 0) {
			if (errand->text != -1)
				screen_say("not sent to %s: %s",
				    errand->target.to, errand->start);
			forget(errand);
			continue;
		}
		run_stop(&errand->run);
	}
}

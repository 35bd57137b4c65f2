/* One attempt to deliver a message of the spool. */
#include "sender/spool/carry.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "sender/attempt.h"
#include "sender/patience.h"

/* What the directory's place depends on, beside options. */
static const char *const variables[] = {"CHAT_DIRECTORY", "XDG_CONFIG_HOME"};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

static struct {
	char *own[VARIABLES]; /* their values here; NULL: not set */
	struct dispatch dispatch;
	struct report_style style;
	struct delivery delivery;
	struct crypto crypto;
} carrier;

/* Remembers the variables of this process. */
static int
save_variables(void)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL && (carrier.own[i] = strdup(value)) == NULL)
			return CHAT_EIO;
	}
	return CHAT_OK;
}

/* Gives the variables these values; NULL or "": not set. */
static void
apply_variables(const char *const values[VARIABLES])
{
	for (size_t i = 0; i < VARIABLES; i++)
		if (values[i] != NULL && *values[i] != '\0')
			(void)setenv(variables[i], values[i], 1);
		else
			(void)unsetenv(variables[i]);
}

int
carry_open(void)
{
	if (save_variables() != 0 || vault_open(1) != 0 ||
	    sigprocmask(SIG_SETMASK, NULL, &carrier.dispatch.mask) != 0)
		return CHAT_EIO;
	if (crypto_start(&carrier.crypto) != 0 ||
	    crypto_complete(&carrier.crypto) != 0)
		return CHAT_EINTERNAL;
	carrier.dispatch.count = 1;
	carrier.dispatch.style = &carrier.style;
	carrier.dispatch.jobs[0].delivery = &carrier.delivery;
	carrier.dispatch.jobs[0].attempt.fd = NO_FD;
	return CHAT_OK;
}

/* Returns the value of an option, which is empty without it. */
static char *
value(const char *text)
{
	union {
		const char *in;
		char *out; /* options do not change their words */
	} word = {text};

	return *text == '\0' ? NULL : word.out;
}

static void
take_options(const struct letter *letter, struct options *options)
{
	const struct way *way = &letter->way;

	*options = (struct options){.family = way->family,
	    .address = value(way->address),
	    .directory = value(way->directory),
	    .key_file = value(way->key_file),
	    .port = way->port,
	    .quiet = true,
	    .keep_s = letter->life_s,
	    .timeout_s = way->timeout_s,
	    .user = value(way->from),
	    .recipients = {value(way->to)},
	    .recipients_count = 1};
}

/* It tells nothing: the process that started this one does. */
static void
prepare_nothing(const struct failure *failure)
{
	(void)failure;
}

static void
report_nothing(void)
{
}

/* Finds the recipient in the directory, as it is now. */
static enum send_exit
find(const struct letter *letter, struct failure *failure)
{
	struct destination *destination = &carrier.delivery.destination;
	const char *const then[] = {letter->way.variable, letter->way.config};
	const char *const here[] = {carrier.own[0], carrier.own[1]};
	struct options options;

	take_options(letter, &options);
	password_pair_wipe(vault_passwords(0));
	if (patience_start(DEADLINE_S(LIMIT_ATTEMPT_S), prepare_nothing,
		report_nothing) != 0)
		return failure_of_system(
		    failure, SEND_INTERNAL, "cannot set a timer");
	apply_variables(then);
	if (destination_find(&options, destination, failure) == SEND_OK)
		*failure = destination->failure;
	apply_variables(here); /* for the command of -x */
	(void)patience_end();
	return failure->status;
}

static void
fill_in(const struct letter *letter, const char *text, size_t len)
{
	struct delivery *delivery = &carrier.delivery;

	memset(delivery, 0, sizeof(*delivery));
	delivery->crypto = &carrier.crypto;
	delivery->text = vault_text();
	memcpy(delivery->text->bytes, text, len);
	delivery->text->len = len;
	delivery->text->batch = letter->batch;
	memcpy(delivery->drawn, letter->drawn, SIZE_ID);
	delivery->id_given = letter->id_given;
	delivery->composed = letter->composed;
	delivery->family = letter->way.family;
	delivery->timeout_s = letter->way.timeout_s;
	delivery->kept_until = letter_expires(letter);
}

/* Waits for the end of the attempt. */
static void
wait_for(struct job *job)
{
	struct pollfd ready = {.fd = job->attempt.fd, .events = POLLIN};
	int64_t wait_ms;
	int n;

	do {
		wait_ms = -1;
		attempt_limit(job, clock_now_ms(), &wait_ms);
		n = poll(&ready, 1, (int)wait_ms);
	} while (n != 1 || !attempt_collect(job));
}

struct delivery *
carry_load(const struct letter *letter, const char *text, size_t len,
    struct outcome *outcome)
{
	struct failure failure;

	fill_in(letter, text, len);
	carrier.delivery.destination.typed = letter->way.to;
	*outcome = (struct outcome){.status = find(letter, &failure)};
	if (outcome->status != SEND_OK) {
		(void)strlcpy(
		    outcome->where, letter->way.to, sizeof(outcome->where));
		(void)strlcpy(
		    outcome->reason, failure.words, sizeof(outcome->reason));
	}
	return &carrier.delivery;
}

void
carry(struct outcome *outcome)
{
	struct job *job = &carrier.dispatch.jobs[0];

	if (attempt_start(&carrier.dispatch, job))
		wait_for(job);
	*outcome = job->outcome;
}

/* chat-send: delivers one message. See chat-send(1). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/descriptors.h"
#include "sender/deliver.h"
#include "sender/dispatch.h"
#include "sender/patience.h"
#include "sender/vault.h"

static struct options options;
static struct delivery *deliveries;
static struct text *text;
static struct report how;
static struct crypto crypto;
static int64_t spent_ms; /* of -t, on what comes before the first attempt */

/* Passwords pass through here: no core file, nobody to look on. */
static void
guard_memory(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0)
		err(SEND_INTERNAL, "cannot forbid core dumps");
}

static void
make_vault(void)
{
	struct vault *vault = vault_open();

	if (vault == NULL)
		err(SEND_INTERNAL, "cannot get memory for the message");
	deliveries = vault->deliveries;
	text = &vault->text;
}

/* libbsd's arc4random(3) would kill us, without a word. */
static void
need_random(void)
{
	char byte;

	if (getentropy(&byte, 1) != 0)
		errx(SEND_INTERNAL,
		    "cannot draw random numbers: getrandom: %s; a filter around us, of a container or a service, has to allow it",
		    strerror(errno));
}

/* Whom to send to. The deliveries alone have passwords after this. */
static void
find_recipients(void)
{
	struct destination destinations[MOST_RECIPIENTS];

	destination_find(&options, destinations);
	for (size_t i = 0; i < options.recipients_count; i++) {
		deliveries[i].destination = destinations[i];
		destination_wipe(&destinations[i]);
	}
}

/* The text as a delivery to each recipient, all under one drawn id. */
static void
address(struct text *to_send)
{
	if (!options.has_id && getentropy(options.id, SIZE_ID) != 0)
		err(SEND_INTERNAL, "cannot draw a message id");
	for (size_t i = 0; i < options.recipients_count; i++) {
		struct delivery *delivery = &deliveries[i];

		delivery->crypto = &crypto;
		delivery->text = to_send;
		memcpy(delivery->drawn, options.id, SIZE_ID);
		delivery->id_given = options.has_id;
		delivery->composed = (int64_t)time(NULL);
		delivery->family = options.family;
		delivery->timeout_s = options.timeout_s;
		delivery->spent_ms = spent_ms;
		delivery->verbose = options.verbose;
	}
}

/* Before the first fork, so that no child has to. */
static void
make_crypto_ready(void)
{
	if (crypto_start(&crypto) != 0 || crypto_complete(&crypto) != 0)
		err(SEND_INTERNAL, "cannot set libcrypto up");
}

/* One recipient, one attempt: this process makes it, and then ends. */
static enum send_exit
send_here(void)
{
	static struct outcome outcome = {.status = SEND_INTERNAL};
	int64_t start_ms = clock_now_ms();

	(void)deliver_once(&deliveries[0], -1, &outcome);
	if (report_outcome(&how, &deliveries[0], &outcome,
		clock_now_ms() - start_ms) != 0 &&
	    outcome.status == SEND_OK)
		return SEND_IO;
	return outcome.status;
}

/* Each line in turn, until one fails for good. */
static enum send_exit
send_lines(void)
{
	enum send_exit status = SEND_OK;
	bool for_good = false;

	make_crypto_ready();
	while (!for_good && compose_line(text, &how.line)) {
		options.has_id = false;
		address(text);
		spent_ms = 0;
		status = dispatch_all(deliveries, options.recipients_count,
		    options.retry_s, &how, &for_good);
	}
	return status;
}

static enum send_exit
send_one(void)
{
	bool for_good;

	if (!options.probe)
		compose_text(&options, text);
	address(options.probe ? NULL : text);
	if (options.recipients_count == 1 && options.retry_s == 0)
		return send_here();
	make_crypto_ready();
	return dispatch_all(deliveries, options.recipients_count,
	    options.retry_s, &how, &for_good);
}

int
main(int argc, char *argv[])
{
	guard_memory();
	if (descriptors_fill() != 0)
		err(SEND_INTERNAL, "cannot open /dev/null");
	(void)signal(SIGPIPE, SIG_IGN);
	need_random();
	options_read(argc, argv, &options);
	patience_start(options.timeout_s);
	if (options.list) {
		destination_list(&options);
		return SEND_OK;
	}
	make_vault();
	find_recipients();
	spent_ms = patience_end();
	how.json = options.json;
	how.verbose = options.verbose;
	/* Somebody is looking, or wants to know of each recipient. */
	how.success = !options.quiet &&
	    (isatty(STDERR_FILENO) == 1 || options.recipients_count > 1);
	/* Confined as it may be by now, the process may do no more than end. */
	_exit((int)(options.lines ? send_lines() : send_one()));
}

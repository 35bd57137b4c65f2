/* What became of the attempts, and the pace of the next ones. */
#include "sender/keep/state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"

#define FORMAT "1 %u %" PRId64 " %" PRId64 " %u %" PRId64 " %d %d\n%s\n"
#define SIZE_STATE (SIZE_WHY + 160)
#define NUMBERS 8

/* Pauses in seconds, before jitter. */
#define FIRST_PAUSE_S 5
#define MINUTE_S 60         /* the longest, at first */
#define LONGEST_PAUSE_S 600 /* after LONG_S of failures */
#define LONG_S 900

void
state_name(const char *file, char name[SIZE_LONG_NAME])
{
	(void)snprintf(name, SIZE_LONG_NAME, "%s" STATE_BEHIND, file);
}

/* Reads the numbers of the first line. Returns whether all are there. */
static bool
read_numbers(const char *line, int64_t numbers[NUMBERS])
{
	char *end;

	for (size_t i = 0; i < NUMBERS; i++) {
		numbers[i] = strtoll(line, &end, 10);
		if (end == line || *end != (i + 1 < NUMBERS ? ' ' : '\0') ||
		    numbers[i] < 0)
			return false;
		line = end + 1;
	}
	return numbers[0] == 1 && numbers[1] <= UINT32_MAX &&
	    numbers[4] <= LONGEST_PAUSE_S && numbers[6] <= UINT8_MAX &&
	    numbers[7] <= 1;
}

static bool
read_text(char *text, struct state *state)
{
	char *reason = strchr(text, '\n'), *end;
	int64_t numbers[NUMBERS];

	if (reason == NULL)
		return false;
	*reason++ = '\0';
	end = strchr(reason, '\n');
	if (end == NULL || end[1] != '\0' || !read_numbers(text, numbers))
		return false;
	*end = '\0';
	*state = (struct state){.tries = (unsigned)numbers[1],
	    .since = numbers[2],
	    .next = numbers[3],
	    .pause_s = (unsigned)numbers[4],
	    .told = numbers[5],
	    .status = (enum send_exit)numbers[6],
	    .uncertain = numbers[7] == 1};
	(void)strlcpy(state->reason, reason, sizeof(state->reason));
	return true;
}

void
state_read(int folder, const char *name, struct state *state)
{
	int fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[SIZE_STATE] = "";
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd != -1)
		(void)close(fd);
	if (n <= 0 || !read_text(text, state))
		*state = (struct state){0};
}

/* Writes beside and renames: it is whole, but need not be on the disk. */
int
state_write(
    const struct queue *queue, const char *name, const struct state *state)
{
	const struct medium *medium = queue->medium;
	char text[SIZE_STATE], beside[32];
	int len = snprintf(text, sizeof(text), FORMAT, state->tries,
	    state->since, state->next, state->pause_s, state->told,
	    (int)state->status, (int)state->uncertain, state->reason);
	int fd;
	bool written;

	(void)snprintf(beside, sizeof(beside), ".new-%08" PRIx32, arc4random());
	if ((fd = medium->create(queue->fd, beside)) == -1)
		return CHAT_EIO;
	written = medium->write(fd, text, (size_t)len) == (ssize_t)len;
	(void)close(fd);
	if (written &&
	    medium->renameat(queue->fd, beside, queue->fd, name) == 0)
		return CHAT_OK;
	(void)medium->unlinkat(queue->fd, beside, 0);
	return CHAT_EIO;
}

bool
state_needs_person(enum send_exit status)
{
	return status != SEND_TEMPORARY && status != SEND_UNKNOWN &&
	    status != SEND_IO;
}

/* Returns the pause after another failure. */
static unsigned
next_pause(const struct state *state, enum send_exit status, int64_t now)
{
	bool long_ago = state->since <= now && now - state->since >= LONG_S;
	unsigned pause_s = 2 * state->pause_s;

	if (state_needs_person(status) || long_ago)
		return LONGEST_PAUSE_S;
	if (pause_s == 0)
		return FIRST_PAUSE_S;
	return pause_s < MINUTE_S ? pause_s : MINUTE_S;
}

/* The file has the reason on one line. */
static void
take_reason(struct state *state, const char *reason)
{
	(void)strlcpy(state->reason, reason, sizeof(state->reason));
	for (char *c = state->reason; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static void
add_failure(struct state *state, const struct outcome *outcome, int64_t now)
{
	if (state->tries == 0)
		state->since = now;
	state->tries += state->tries < UINT32_MAX;
	state->pause_s = next_pause(state, outcome->status, now);
	state->next = now + state->pause_s / 2 +
	    (int64_t)arc4random_uniform(state->pause_s + 1);
	state->status = outcome->status;
	state->uncertain |= outcome->status == SEND_UNKNOWN;
	take_reason(state, outcome->reason);
}

bool
state_is_of_letter(const struct outcome *outcome)
{
	return outcome->status == SEND_IO || outcome->id_taken != 0;
}

void
state_note(const struct queue *queue, const char *file,
    const struct outcome *outcome, int64_t now)
{
	bool own = state_is_of_letter(outcome);
	char name[SIZE_LONG_NAME];
	struct state state;

	state_name(file, name);
	state_read(queue->fd, name, &state);
	add_failure(&state, outcome, now);
	if (!own)
		state.next = 0;
	(void)state_write(queue, name, &state);
	if (own)
		return;
	state_read(queue->fd, STATE_OF_QUEUE, &state);
	add_failure(&state, outcome, now);
	(void)state_write(queue, STATE_OF_QUEUE, &state);
}

bool
state_is_due(const struct state *state, int64_t now)
{
	return state->next <= now || state->next > now + 2 * LONGEST_PAUSE_S;
}

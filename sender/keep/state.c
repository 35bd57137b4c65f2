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

static void
spell_name(const char *file, char name[SIZE_LONG_NAME])
{
	if (file == NULL)
		(void)strlcpy(name, STATE_OF_QUEUE, SIZE_LONG_NAME);
	else
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
state_read(int folder, const char *file, struct state *state)
{
	char name[SIZE_LONG_NAME], text[SIZE_STATE] = "";
	ssize_t n;
	int fd;

	spell_name(file, name);
	fd = openat(
	    folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	n = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd != -1)
		(void)close(fd);
	if (n <= 0 || !read_text(text, state))
		*state = (struct state){.uncertain = file != NULL};
}

int
state_write(const struct queue *queue, const char *file,
    const struct state *state, bool sync)
{
	char name[SIZE_LONG_NAME], text[SIZE_STATE];
	int len = snprintf(text, sizeof(text), FORMAT, state->tries,
	    state->since, state->next, state->pause_s, state->told,
	    (int)state->status, (int)state->uncertain, state->reason);

	spell_name(file, name);
	return queue_replace(queue, name, text, (size_t)len, sync);
}

int
state_remove(const struct queue *queue, const char *file, bool sync)
{
	char name[SIZE_LONG_NAME];

	spell_name(file, name);
	return queue_remove(queue, name, sync);
}

/* A full disk does not stop this, as it would a state that says so. */
int
state_begin(
    const struct queue *queue, const char *file, const struct state *own)
{
	return own->uncertain ? CHAT_OK : state_remove(queue, file, true);
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
state_note_queue(
    const struct queue *queue, const struct outcome *outcome, int64_t now)
{
	struct state state;

	state_read(queue->fd, NULL, &state);
	add_failure(&state, outcome, now);
	(void)state_write(queue, NULL, &state, false);
}

void
state_note(const struct queue *queue, const char *file, struct state *own,
    const struct outcome *outcome, int64_t now)
{
	add_failure(own, outcome, now);
	if (!state_is_of_letter(outcome)) {
		own->next = 0;
		state_note_queue(queue, outcome, now);
	}
	(void)state_write(queue, file, own, false);
}

bool
state_is_due(const struct state *state, int64_t now)
{
	return state->next <= now || state->next > now + 2 * LONGEST_PAUSE_S;
}

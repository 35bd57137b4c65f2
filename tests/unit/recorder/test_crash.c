/*
 * Property 29: nothing that was receipted is missing, and nothing stands twice,
 * whatever died when. A short life of a log, cut off or disturbed at each call
 * that changes a file; then the process starts again, or the machine does, on
 * each state that the disk may be in; then all messages are sent again.
 */
#include "tests/unit/ledger.h"
#include "tests/unit/plan.h"

#define MESSAGES 7 /* from 1 */
#define FILES 2
#define MOST 8192 /* bytes of a file */
#define BLOCK 128 /* what a disk writes at once */
#define SAMPLES 6 /* of states in which some blocks were written */

static const char *const names[FILES] = {"log.1", LOG_NAME};

/* The bytes of a file. */
struct image {
	char bytes[MOST];
	size_t size;
};

/* A file: what is certain to be on the disk, and what is not. */
static struct {
	ino_t inode;
	struct image disk;
	bool dirty[MOST]; /* written since the last sync, well or not */
} files[FILES];

static bool receipted[MESSAGES];

/* The file that a descriptor is of. */
static size_t
file_of(int fd)
{
	struct stat st;
	size_t i = 0;

	ck_assert_int_eq(fstat(fd, &st), 0);
	while (i < FILES && files[i].inode != st.st_ino && files[i].inode != 0)
		i++;
	ck_assert_uint_lt(i, FILES);
	files[i].inode = st.st_ino;
	return i;
}

static void
load(int fd, struct image *image)
{
	ssize_t n = pread(fd, image->bytes, MOST, 0);

	ck_assert(n >= 0 && n < MOST);
	image->size = (size_t)n;
}

static ssize_t
plan_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	size_t file = file_of(fd);
	ssize_t n;

	plan_call();
	if (plan_has(FAILS)) {
		errno = ENOSPC;
		return -1;
	}
	if (plan_has(KILLED_HALF))
		len /= 2;
	n = pwrite(fd, bytes, len, offset);
	ck_assert_int_eq(n, (ssize_t)len);
	memset(files[file].dirty + offset, true, len);
	if (plan_has(KILLED_HALF))
		longjmp(plan.process, 1);
	plan_return();
	return n;
}

/* After a sync that failed, the kernel takes what it had for written. */
static int
plan_fdatasync(int fd)
{
	size_t file = file_of(fd);
	struct image now;

	plan_call();
	load(fd, &now);
	if (!plan_has(FAILS)) {
		for (size_t i = 0; i < now.size; i++)
			if (files[file].dirty[i])
				files[file].disk.bytes[i] = now.bytes[i];
		files[file].disk.size = now.size;
	}
	memset(files[file].dirty, false, MOST);
	if (plan_has(FAILS) || plan_has(FAILS_THERE)) {
		errno = EIO;
		return -1;
	}
	plan_return();
	return 0;
}

static int
plan_ftruncate(int fd, off_t size)
{
	plan_call();
	if (plan_has(FAILS)) {
		errno = EIO;
		return -1;
	}
	ck_assert_int_eq(ftruncate(fd, size), 0);
	plan_return();
	return 0;
}

static const struct disk plan_disk = {
    plan_pwrite, plan_fdatasync, plan_ftruncate};

/* A process starts, as the listener has it started. Whether that works. */
static bool
start(void)
{
	const char *const older[] = {names[0]};
	struct reading reading;
	struct reading_fault fault;
	size_t count = access(names[0], F_OK) == 0 ? 1 : 0;
	int error;

	log_forget();
	error = log_open_after(
	    LOG_NAME, older, count, &plan_disk, &reading, &fault);
	if (error == CHAT_EMALFORMED)
		ck_abort_msg("refused: line %lu", fault.line);
	return error == 0;
}

/* What a session is told of the messages from..to, which come at once. */
static void
receive(uint32_t from, uint32_t to)
{
	bool waits[MESSAGES] = {false};

	for (uint32_t n = from; n < to; n++) {
		int status = log_add(n);

		waits[n] = status == LEDGER_WAITS;
		ck_assert(waits[n] || status == LEDGER_KNOWN);
		receipted[n] |= status == LEDGER_KNOWN;
	}
	if (ledger_commit(&ledger) == 0)
		for (uint32_t n = from; n < to; n++)
			receipted[n] |= waits[n];
	ledger_clear(&ledger);
}

/* The whole life. */
static void
live(void)
{
	if (!start())
		return;
	receive(1, 3);
	if (!ledger.dead)
		receive(3, 4);
	if (rename(LOG_NAME, names[0]) != 0)
		ck_abort_msg("rename");
	/* As what opens it does, it is there for certain from here on. */
	if (ledger_reopen(&ledger, log_file(LOG_NAME)) != 0)
		return;
	receive(4, 6);
	if (!ledger.dead)
		receive(6, 7);
}

/* Messages receipted are there once, others at most once; the chain holds. */
static void
check_files(const char *when)
{
	size_t count[MESSAGES] = {0}, len;

	for (size_t i = 0; i < FILES; i++) {
		const char *bytes;

		if (access(names[i], F_OK) != 0)
			continue;
		bytes = log_bytes(names[i], &len);
		for (uint32_t n = 1; n < MESSAGES; n++)
			count[n] += log_count(bytes, len, n);
	}
	for (uint32_t n = 1; n < MESSAGES; n++)
		if (count[n] > 1 || (count[n] == 0 && receipted[n]))
			ck_abort_msg(
			    "call %d, event %d, %s: message %u %zu times",
			    plan.call, (int)plan.event, when, n, count[n]);
}

/* All is sent again, as senders without a receipt do. */
static void
send_again(const char *when)
{
	plan_nothing();
	ck_assert_msg(start(), "%s: it does not start", when);
	receive(1, MESSAGES);
	for (uint32_t n = 1; n < MESSAGES; n++)
		ck_assert_msg(receipted[n], "%s: %u", when, n);
	ledger_close(&ledger);
	check_files(when);
}

/* A state of all files, kept to try several ends from it. */
struct state {
	struct image now[FILES], disk[FILES];
	bool dirty[FILES][MOST], exists[FILES], receipted[MESSAGES];
};

static void
save(struct state *state)
{
	for (size_t i = 0; i < FILES; i++) {
		int fd = open(names[i], O_RDONLY | O_CLOEXEC);
		size_t file;

		state->exists[i] = fd != -1;
		if (fd == -1)
			continue;
		file = file_of(fd);
		load(fd, &state->now[i]);
		state->disk[i] = files[file].disk;
		memcpy(state->dirty[i], files[file].dirty, MOST);
		(void)close(fd);
	}
	memcpy(state->receipted, receipted, sizeof(receipted));
}

/* The files have these bytes now; of those, so many are on the disk. */
static void
restore(const struct state *state, const struct image images[FILES])
{
	memset(files, 0, sizeof(files));
	for (size_t i = 0; i < FILES; i++) {
		int fd;
		size_t file;

		(void)unlink(names[i]);
		if (!state->exists[i])
			continue;
		log_put(names[i], images[i].bytes, images[i].size);
		fd = open(names[i], O_RDONLY | O_CLOEXEC);
		file = file_of(fd);
		files[file].disk =
		    images == state->now ? state->disk[i] : images[i];
		if (images == state->now)
			memcpy(files[file].dirty, state->dirty[i], MOST);
		(void)close(fd);
	}
	memcpy(receipted, state->receipted, sizeof(receipted));
}

/* The machine stops: of a file, the disk has the first `cut` bytes of now. */
static void
cut_image(const struct state *state, size_t i, size_t cut, struct image *out)
{
	*out = state->disk[i];
	for (size_t at = 0; at < cut; at++)
		out->bytes[at] = state->dirty[i][at] || at >= out->size
		    ? state->dirty[i][at] ? state->now[i].bytes[at] : '\0'
		    : out->bytes[at];
	if (cut > out->size)
		out->size = cut;
}

/* Or it has the size of now, and some blocks; the others are as they were. */
static void
mix_image(const struct state *state, size_t i, struct image *out)
{
	*out = state->disk[i];
	for (size_t at = 0; at < state->now[i].size; at += BLOCK) {
		bool written = random() % 2 == 0;

		for (size_t j = at; j < at + BLOCK && j < state->now[i].size;
		    j++)
			if (written && state->dirty[i][j])
				out->bytes[j] = state->now[i].bytes[j];
			else if (j >= state->disk[i].size)
				out->bytes[j] = '\0';
	}
	out->size = state->now[i].size;
}

static void
try_images(const struct state *state, const struct image images[FILES],
    const char *when)
{
	restore(state, images);
	send_again(when);
}

/* The file in use is all that is not synced. */
static void
lose_power(const struct state *state)
{
	static struct image images[FILES];
	size_t last = state->exists[1] ? 1 : 0;
	size_t from = state->disk[last].size, to = state->now[last].size;

	memcpy(images, state->disk, sizeof(images));
	try_images(state, images, "nothing of it on the disk");
	for (size_t cut = from; cut <= to; cut += 13) {
		cut_image(state, last, cut, &images[last]);
		try_images(state, images, "a beginning on the disk");
	}
	for (int i = 0; i < SAMPLES && to > from; i++) {
		mix_image(state, last, &images[last]);
		try_images(state, images, "some blocks on the disk");
	}
}

/* The process starts again; what it says then holds when power is lost. */
static void
start_again(const struct state *state)
{
	static struct state later;
	static struct image images[FILES];

	restore(state, state->now);
	send_again("started again");
	save(&later);
	memcpy(images, later.disk, sizeof(images));
	restore(&later, images);
	check_files("started again, then without power");
}

/* Disturbs call `at`. Returns whether there is such a call. */
static bool
disturb(enum event event, int at)
{
	static struct state state;
	bool any;

	memset(files, 0, sizeof(files));
	memset(receipted, 0, sizeof(receipted));
	for (size_t i = 0; i < FILES; i++)
		(void)unlink(names[i]);
	ledger = (struct ledger){.fd = -1};
	any = plan_live(event, at, live);
	/* The dead one's lock and memory go with it. */
	ledger_close(&ledger);
	if (!any)
		return false;
	save(&state);
	check_files("at once");
	start_again(&state);
	lose_power(&state);
	return true;
}

static void
disturb_all(enum event event)
{
	int at = 1;

	while (disturb(event, at))
		at++;
	ck_assert_int_gt(at, 12);
}

START_TEST(p29_killed_before_each_call)
{
	disturb_all(KILLED_BEFORE);
}
END_TEST

START_TEST(p29_killed_after_each_call)
{
	disturb_all(KILLED_AFTER);
}
END_TEST

START_TEST(p29_killed_in_the_middle_of_each_write)
{
	disturb_all(KILLED_HALF);
}
END_TEST

START_TEST(p29_each_call_fails)
{
	disturb_all(FAILS);
}
END_TEST

START_TEST(p29_each_sync_fails_although_all_is_on_the_disk)
{
	disturb_all(FAILS_THERE);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p29_killed_before_each_call,
	    p29_killed_after_each_call,
	    p29_killed_in_the_middle_of_each_write,
	    p29_each_call_fails,
	    p29_each_sync_fails_although_all_is_on_the_disk,
	};

	return unit_run(&(struct unit){
	    "recorder crash", tests, COUNT(tests), log_setup, log_teardown});
}

/*
 * Property 31: a message of -s is kept or delivered, never neither, and
 * delivered once; and nobody says that it was not shown if it was. A short life
 * of a spool, disturbed at each call that changes its folders; then the process
 * starts again, or the machine does, on each state that the disk may be in;
 * then all that waits is delivered.
 */
#include <dirent.h>
#include <ftw.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/base/error.h"
#include "sender/keep/keep.h"
#include "sender/keep/names.h"
#include "sender/keep/state.h"
#include "sender/spool/carry.h"
#include "sender/spool/courier.h"
#include "sender/spool/failed.h"
#include "sender/spool/find.h"
#include "tests/unit/folders.h"

#define MESSAGES 6   /* from 1 */
#define PAUSE_S 1300 /* after which all is due */
#define LONG_S 86400
#define SHORT_S 60
#define ONCE_S (2 * PAUSE_S - 100) /* for a message with one attempt later */
#define MOST_IDS 32

/* What the recipient has: this survives whatever happens here. */
struct recipient {
	struct {
		uint8_t id[SIZE_ID];
		unsigned message;
	} shown[MOST_IDS];
	size_t count;
};

static struct recipient recipient;
static bool promised[MESSAGES];
static unsigned attempts[MESSAGES];
static bool living; /* attempts go as the life has them, else well */
static int64_t skipped_s;
static char home[64], reboot[64];
static struct options options = {.directory = NULL};
static struct crypto crypto;
static struct text text;
static struct delivery delivery = {.crypto = &crypto, .text = &text};
static struct outcome outcome;

/* In the place of the medium of the system, in chat-send too. */
const struct medium medium_system = {folders_create, folders_pwrite,
    folders_fsync, folders_renameat, folders_unlinkat, folders_mkdirat};

/* Time passes when the test says so. */
int
clock_gettime(clockid_t clock, struct timespec *now)
{
	long error = syscall(SYS_clock_gettime, clock, now);

	if (clock != CLOCK_MONOTONIC)
		now->tv_sec += (time_t)skipped_s;
	return (int)error;
}

time_t
time(time_t *now)
{
	struct timespec found;

	(void)clock_gettime(CLOCK_REALTIME, &found);
	if (now != NULL)
		*now = found.tv_sec;
	return found.tv_sec;
}

static void
show(unsigned message, const uint8_t id[SIZE_ID])
{
	for (size_t i = 0; i < recipient.count; i++)
		if (memcmp(recipient.shown[i].id, id, SIZE_ID) == 0)
			return;
	ck_assert_uint_lt(recipient.count, MOST_IDS);
	memcpy(recipient.shown[recipient.count].id, id, SIZE_ID);
	recipient.shown[recipient.count++].message = message;
}

static unsigned
times_shown(unsigned message)
{
	unsigned times = 0;

	for (size_t i = 0; i < recipient.count; i++)
		times += recipient.shown[i].message == message;
	return times;
}

/* In the place of carry.c. */
static struct {
	unsigned message;
	uint8_t id[SIZE_ID];
} carried;

int
carry_open(void)
{
	return CHAT_OK;
}

static unsigned
message_of(const char *bytes)
{
	return (unsigned)(bytes[strlen("message ")] - '0');
}

struct delivery *
carry_load(const struct letter *letter, const char *bytes, size_t len,
    struct outcome *result)
{
	ck_assert_uint_eq(len, strlen("message 1"));
	carried.message = message_of(bytes);
	memcpy(carried.id, letter->drawn, SIZE_ID);
	*result = (struct outcome){.status = SEND_OK};
	return &delivery;
}

/* How the attempts of couriers go in the life, after each other. */
static const struct {
	unsigned message;
	bool shown;
	enum send_exit status;
	uint8_t id_taken;
} going[] = {
    {1, false, SEND_TEMPORARY, 0},
    {1, true, SEND_OK, 0},
    {2, false, SEND_TEMPORARY, 1},
    {2, true, SEND_UNKNOWN, 0},
    {2, true, SEND_OK, 0},
};

void
carry(struct outcome *result)
{
	unsigned n = attempts[carried.message]++;

	for (size_t i = 0; living && i < COUNT(going); i++) {
		if (going[i].message != carried.message || n-- > 0)
			continue;
		if (going[i].shown)
			show(carried.message, carried.id);
		result->status = going[i].status;
		result->id_taken = going[i].id_taken;
		return;
	}
	show(carried.message, carried.id);
}

/* chat-send -s, with an attempt if nobody waits. */
static void
keep(unsigned message, unsigned life_s, bool shown)
{
	options.keep_s = life_s;
	arc4random_buf(delivery.drawn, SIZE_ID);
	text.len = (size_t)snprintf(
	    text.bytes, sizeof(text.bytes), "message %u", message);
	delivery.composed = 1795000000;
	if (keep_before(0, &delivery, &outcome)) {
		/* It draws another id, as if this one were taken. */
		arc4random_buf(delivery.drawn, SIZE_ID);
		outcome = (struct outcome){.status = SEND_TEMPORARY};
		if (keep_again(0, &delivery, &outcome) && shown) {
			show(message, delivery.drawn);
			outcome.status = SEND_UNKNOWN;
		}
		keep_after(0, &delivery, &outcome);
	}
	promised[message] = outcome.status == SEND_KEPT;
}

/* chat-spool -f, later. Returns the worst status. */
static enum send_exit
flush_all(void)
{
	const struct tell tell = {.quiet = true};
	enum send_exit worst = SEND_OK, status;
	struct failure failure = {.status = SEND_OK};
	struct names queues;
	struct spool spool;

	skipped_s += PAUSE_S;
	ck_assert_int_eq(
	    spool_open(&spool, &medium_system, false, &failure), SEND_OK);
	ck_assert_int_eq(find_queues(&spool, NULL, &queues, &failure), SEND_OK);
	for (size_t i = 0; i < queues.count; i++) {
		status = courier_run(&spool, queues.list[i], &tell);
		worst = status > worst || worst == SEND_OK ? status : worst;
	}
	names_free(&queues);
	spool_close(&spool);
	return worst;
}

static void
live(void)
{
	living = true;
	keep(1, LONG_S, true);
	keep(2, LONG_S, false);
	(void)flush_all(); /* fails at message 1 */
	(void)flush_all(); /* delivers that; message 2 has no receipt */
	(void)flush_all();
	keep(3, SHORT_S, false);
	keep(4, ONCE_S, false);
	(void)flush_all(); /* gives the first one up, and delivers the other */
	keep(5, SHORT_S, true);
	(void)flush_all();
}

/* Marks what was given up, and checks what is said of it. */
static void
find_failed(const char *when, bool failed[MESSAGES])
{
	static char file[SIZE_LETTER];
	static struct letter letter;
	struct failure failure;
	struct spool spool;
	struct queue folder;
	struct names names = {0};
	struct state state;
	const char *bytes;
	size_t len;

	ck_assert_int_eq(
	    spool_open(&spool, &medium_system, false, &failure), SEND_OK);
	if (spool.fd == NO_FOLDER)
		return;
	ck_assert_int_eq(
	    queue_open(&spool, FAILED, false, &folder, &failure), SEND_OK);
	if (folder.fd != NO_FOLDER)
		ck_assert_int_eq(
		    names_read(folder.fd, failed_is_file, &names), 0);
	for (size_t i = 0; i < names.count; i++) {
		unsigned message;

		ck_assert_msg(queue_get(folder.fd, names.list[i], file, &letter,
				  &bytes, &len) == 0,
		    "%s: a message that was given up is damaged", when);
		message = message_of(bytes);
		ck_assert_msg(!failed[message], "%s: %u twice", when, message);
		failed[message] = true;
		state_read(folder.fd, names.list[i], &state);
		ck_assert_msg(state.status != SEND_OK,
		    "call %d, event %d, %s: message %u has no reason",
		    plan.call, (int)plan.event, when, message);
		ck_assert_msg(
		    times_shown(message) == 0 || state.status == SEND_UNKNOWN,
		    "call %d, event %d, %s: message %u was shown, but %d",
		    plan.call, (int)plan.event, when, message,
		    (int)state.status);
	}
	names_free(&names);
	queue_close(&folder);
	spool_close(&spool);
}

/* Somebody delivers all that waits. Then each message is somewhere, once. */
static void
start_again(const char *when)
{
	bool failed[MESSAGES] = {false};
	int call = plan.call;

	living = false;
	(void)flush_all();
	plan.call = call;
	find_failed(when, failed);
	for (unsigned n = 1; n < MESSAGES; n++)
		if (times_shown(n) > 1 ||
		    (promised[n] && times_shown(n) == 0 && !failed[n]))
			ck_abort_msg(
			    "call %d, event %d, %s: message %u shown %u times",
			    plan.call, (int)plan.event, when, n,
			    times_shown(n));
	ck_assert_msg(flush_all() == SEND_OK, "%s: something waits", when);
	plan.call = call;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	return at->level == 0 ? 0 : remove(path);
}

static void
clear(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What is known before an end is tried, and is known again after it. */
static struct {
	struct recipient recipient;
	struct folders folders;
	int64_t skipped_s;
} before;

static void
try_end(const char *when)
{
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)close(none);
	recipient = before.recipient;
	skipped_s = before.skipped_s;
	start_again(when);
	folders = before.folders;
	closefrom(none);
}

static void
try_reboot(const char *when)
{
	ck_assert_int_eq(setenv("XDG_STATE_HOME", reboot, 1), 0);
	try_end(when);
}

/* Disturbs call `at`. Returns whether there is such a call. */
static bool
disturb(enum event event, int at)
{
	int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool any;

	(void)close(first);
	clear(home);
	folders_start(home);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", home, 1), 0);
	memset(&recipient, 0, sizeof(recipient));
	memset(promised, false, sizeof(promised));
	memset(attempts, 0, sizeof(attempts));
	any = plan_live(event, at, live);
	closefrom(first); /* and with the process, its locks go */
	if (!any || !plan.happened)
		return any;
	plan_nothing();
	before.recipient = recipient;
	before.folders = folders;
	before.skipped_s = skipped_s;
	if (event != KILLED_BEFORE) /* the same as after the call before */
		folders_lose_power(reboot, clear, try_reboot);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", home, 1), 0);
	try_end("started again");
	return true;
}

static void
disturb_all(enum event event)
{
	int at = 1;

	while (disturb(event, at))
		at++;
	ck_assert_int_gt(at, 50);
}

/* Makes a folder, in memory if possible: it is filled and emptied often. */
static void
make_folder(char path[64])
{
	(void)snprintf(path, 64, "%s/chat-unit.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

static void
setup(void)
{
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	make_folder(home);
	make_folder(reboot);
	(void)unsetenv("STATE_DIRECTORY");
	strcpy(delivery.destination.to, "alice");
	strcpy(delivery.destination.from, "bob");
	options.keep_s = LONG_S;
	options.quiet = true;
	keep_start(&options);
}

static void
teardown(void)
{
	clear(home);
	clear(reboot);
	ck_assert_int_eq(rmdir(home), 0);
	ck_assert_int_eq(rmdir(reboot), 0);
}

/* Undisturbed, and with what is said of each message. */
START_TEST(p31_a_life)
{
	bool failed[MESSAGES] = {false};

	folders_start(home);
	ck_assert_int_eq(setenv("XDG_STATE_HOME", home, 1), 0);
	plan_nothing();
	live();
	for (unsigned n = 1; n < MESSAGES; n++)
		ck_assert_msg(promised[n], "message %u: %s", n, outcome.reason);
	find_failed("life", failed);
	for (unsigned n = 1; n < MESSAGES; n++) {
		ck_assert_uint_eq(times_shown(n), n != 3);
		ck_assert_int_eq(failed[n], n == 3 || n == 5);
	}
}
END_TEST

START_TEST(p31_killed_before_each_call)
{
	disturb_all(KILLED_BEFORE);
}
END_TEST

START_TEST(p31_killed_or_without_power_after_each_call)
{
	disturb_all(KILLED_AFTER);
}
END_TEST

START_TEST(p31_killed_in_the_middle_of_each_write)
{
	disturb_all(KILLED_HALF);
}
END_TEST

START_TEST(p31_each_call_fails)
{
	disturb_all(FAILS);
}
END_TEST

START_TEST(p31_each_sync_fails_although_all_is_on_the_disk)
{
	disturb_all(FAILS_THERE);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p31_a_life,
	    p31_killed_before_each_call,
	    p31_killed_or_without_power_after_each_call,
	    p31_killed_in_the_middle_of_each_write,
	    p31_each_call_fails,
	    p31_each_sync_fails_although_all_is_on_the_disk,
	};

	return unit_run(&(struct unit){
	    "spool crash", tests, COUNT(tests), setup, teardown});
}

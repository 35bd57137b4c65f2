/* The ledger: what is appended, when it counts, and disks that fail. */
#include "tests/unit/ledger.h"

/* How often a call still works, and how it then fails once. */
static struct {
	int writes, syncs, truncates; /* until one fails; -1: none will */
	size_t most;                  /* bytes that a write takes */
	int number;                   /* errno */
} plan;

static bool
fails(int *left)
{
	bool now = *left == 0;

	if (*left >= 0)
		--*left;
	if (now)
		errno = plan.number;
	return now;
}

static ssize_t
failing_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	if (fails(&plan.writes))
		return -1;
	return pwrite(fd, bytes, len < plan.most ? len : plan.most, offset);
}

static int
failing_fdatasync(int fd)
{
	return fails(&plan.syncs) ? -1 : fdatasync(fd);
}

static int
failing_ftruncate(int fd, off_t size)
{
	return fails(&plan.truncates) ? -1 : ftruncate(fd, size);
}

static const struct disk failing = {
    failing_pwrite, failing_fdatasync, failing_ftruncate};

static void
work_again(void)
{
	plan.writes = plan.syncs = plan.truncates = -1;
	plan.most = SIZE_MAX;
	plan.number = EIO;
}

static void
setup(void)
{
	struct reading_fault fault;
	struct reading reading;

	log_setup();
	work_again();
	ck_assert_int_eq(
	    log_open_after(LOG_NAME, NULL, 0, &failing, &reading, &fault), 0);
}

static void
teardown(void)
{
	ledger_close(&ledger);
	log_teardown();
}

/* The file has these messages, once each, and no others, and opens again. */
static void
expect_messages(uint32_t from, uint32_t to)
{
	size_t len;
	const char *bytes = log_bytes(LOG_NAME, &len);

	for (uint32_t n = 0; n < 100; n++)
		ck_assert_uint_eq(
		    log_count(bytes, len, n), n >= from && n < to ? 1 : 0);
	log_restart();
	for (uint32_t n = from; n < to; n++)
		ck_assert_int_eq(log_add(n), LEDGER_KNOWN);
	ck_assert_uint_eq(ledger.chain.seq, to - from);
}

START_TEST(a_new_log_starts_with_its_head)
{
	size_t len;
	const char *bytes = log_bytes(LOG_NAME, &len);

	ck_assert_str_eq(bytes,
	    "{\"v\":1,\"type\":\"log\",\"seq\":0,\"prev\":\"00000000000000000000"
	    "00000000000000000000000000000000000000000000\"}\n");
}
END_TEST

START_TEST(a_message_is_a_line_with_its_place)
{
	struct record_store store;
	struct record record;
	const char *bytes, *line;
	uint8_t hash[SIZE_HASH];
	struct span span;
	size_t len;

	log_range(1, 3);
	bytes = log_bytes(LOG_NAME, &len);
	line = memrchr(bytes, '\n', len - 1) + 1;
	span = (struct span){line, len - (size_t)(line - bytes)};
	ck_assert_int_eq(record_read(line, span.len, &record, &store), 0);
	ck_assert_uint_eq(record.position->seq, 2);
	ck_assert_str_eq(record.from, "bob");
	ck_assert_mem_eq(record.text, "message 2", 9);
	ck_assert_int_eq(suite_sha256(&log_suite, &span, 1, hash), 0);
	ck_assert_mem_eq(ledger.chain.head, hash, SIZE_HASH);
	expect_messages(1, 3);
}
END_TEST

START_TEST(many_are_one_write)
{
	uint8_t before[SIZE_HASH];

	memcpy(before, ledger.chain.head, SIZE_HASH);
	plan.writes = plan.syncs = 1;
	for (uint32_t n = 0; n < LEDGER_MOST; n++) {
		ck_assert(!ledger_is_full(&ledger));
		ck_assert_int_eq(log_add(n), LEDGER_WAITS);
	}
	ck_assert(ledger_is_full(&ledger));
	ck_assert_mem_eq(ledger.chain.head, before, SIZE_HASH);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	for (uint32_t n = 0; n < LEDGER_MOST; n++)
		ck_assert_uint_eq(ledger.lines[n].behind.seq, n + 1);
	ck_assert_mem_eq(ledger.chain.head,
	    ledger.lines[LEDGER_MOST - 1].behind.head, SIZE_HASH);
	ledger_clear(&ledger);
	ck_assert(!ledger_is_full(&ledger));
	work_again();
	expect_messages(0, LEDGER_MOST);
}
END_TEST

/* The longest messages, of which fewer fit. */
START_TEST(it_is_full_before_a_message_does_not_fit)
{
	static char text[LIMIT_TEXT];
	enum ledger_status status;
	struct mark mark;
	struct record record;
	uint32_t n = 0;

	memset(text, '\1', sizeof(text));
	for (; !ledger_is_full(&ledger); n++) {
		record = log_record(n, &mark);
		record.text = text;
		record.len = sizeof(text);
		ck_assert_int_eq(
		    ledger_add(&ledger, &mark, &record, &status), 0);
		ck_assert_int_eq(status, LEDGER_WAITS);
	}
	ck_assert_uint_eq(n, 2);
	record = log_record(n, &mark);
	ck_assert_int_eq(
	    ledger_add(&ledger, &mark, &record, &status), CHAT_EINTERNAL);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
	log_restart();
	ck_assert_uint_eq(ledger.chain.seq, 2);
}
END_TEST

START_TEST(p29_an_id_is_recorded_once)
{
	struct mark mark;
	struct record record = log_record(1, &mark);
	enum ledger_status status;

	log_one(1);
	ck_assert_int_eq(log_add(1), LEDGER_KNOWN);
	mark.text[0] ^= 1;
	ck_assert_int_eq(ledger_add(&ledger, &mark, &record, &status), 0);
	ck_assert_int_eq(status, LEDGER_TAKEN);
	ck_assert_uint_eq(ledger.count, 0);
	expect_messages(1, 2);
}
END_TEST

/* Whether it will be on the disk is not known yet. */
START_TEST(p29_an_id_that_waits_is_not_known)
{
	ck_assert_int_eq(log_add(1), LEDGER_WAITS);
	ck_assert_int_eq(log_add(1), LEDGER_LATER);
	ck_assert_int_eq(log_add(2), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
	ck_assert_int_eq(log_add(1), LEDGER_KNOWN);
	expect_messages(1, 3);
}
END_TEST

START_TEST(a_write_in_pieces_is_made_whole)
{
	plan.most = 7;
	log_range(0, 5);
	work_again();
	expect_messages(0, 5);
}
END_TEST

/* Nothing of a failed write stays; the next one works. */
static void
expect_failure(int number)
{
	ck_assert_int_eq(log_add(10), LEDGER_WAITS);
	ck_assert_int_eq(log_add(11), LEDGER_WAITS);
	plan.number = number;
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_EIO);
	ck_assert_int_eq(errno, number);
	ck_assert(!ledger.dead);
	ledger_clear(&ledger);
	work_again();
	ck_assert_int_eq(log_add(10), LEDGER_WAITS);
	ledger_clear(&ledger);
	log_range(3, 5);
	expect_messages(0, 5);
}

START_TEST(p29_a_full_disk_leaves_nothing_behind)
{
	log_range(0, 3);
	plan.most = 100; /* and then none */
	plan.writes = 2;
	expect_failure(ENOSPC);
}
END_TEST

START_TEST(p29_what_a_sync_refused_is_not_there)
{
	log_range(0, 3);
	plan.syncs = 0;
	expect_failure(EIO);
}
END_TEST

START_TEST(p29_what_cannot_be_taken_back_is_the_end)
{
	log_range(0, 3);
	ck_assert_int_eq(log_add(10), LEDGER_WAITS);
	plan.syncs = plan.truncates = 0;
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_EIO);
	ck_assert(ledger.dead);
}
END_TEST

/* It is gone from the file, but perhaps not from the disk. */
START_TEST(p29_what_is_not_taken_back_for_certain_is_the_end)
{
	log_range(0, 3);
	ck_assert_int_eq(log_add(10), LEDGER_WAITS);
	plan.writes = plan.syncs = 0;
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_EIO);
	ck_assert(ledger.dead);
}
END_TEST

START_TEST(p29_what_somebody_else_wrote_is_the_end)
{
	int fd = log_file(LOG_NAME);

	log_range(0, 3);
	(void)lseek(fd, 0, SEEK_END);
	ck_assert_int_eq(write(fd, "x\n", 2), 2);
	(void)close(fd);
	ck_assert_int_eq(log_add(10), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_EMALFORMED);
	ck_assert(ledger.dead);
}
END_TEST

START_TEST(a_file_that_is_in_use_is_refused)
{
	int fd = log_file(LOG_NAME);

	ck_assert_int_eq(ledger_lock(fd), CHAT_EBUSY);
	(void)close(fd);
	fd = log_file("other");
	ck_assert_int_eq(ledger_lock(fd), 0);
	(void)close(fd);
}
END_TEST

static void
rotate(void)
{
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
}

START_TEST(p29_a_new_file_goes_on_from_the_old)
{
	struct record_position position;
	const char *bytes;
	uint8_t head[SIZE_HASH];
	size_t len;

	log_range(0, 3);
	memcpy(head, ledger.chain.head, SIZE_HASH);
	rotate();
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_int_eq(record_read_first_line(bytes, len, &position), 0);
	ck_assert_uint_eq(position.seq, 3);
	ck_assert_mem_eq(position.prev, head, SIZE_HASH);
	ck_assert_int_eq(log_add(1), LEDGER_KNOWN);
	log_range(3, 5);
	bytes = log_bytes(LOG_NAME, &len);
	for (uint32_t n = 0; n < 5; n++)
		ck_assert_uint_eq(log_count(bytes, len, n), n < 3 ? 0 : 1);
	ck_assert_uint_eq(ledger.chain.seq, 5);
}
END_TEST

/* Those that wait go to the new file. */
START_TEST(p29_a_rotation_between_two_messages_that_wait)
{
	const char *bytes;
	size_t len;

	log_range(0, 3);
	ck_assert_int_eq(log_add(3), LEDGER_WAITS);
	rotate();
	ck_assert_int_eq(log_add(4), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
	bytes = log_bytes("log.1", &len);
	ck_assert_uint_eq(log_count(bytes, len, 3), 0);
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_uint_eq(log_count(bytes, len, 3), 1);
	ck_assert_uint_eq(log_count(bytes, len, 4), 1);
	ck_assert_uint_eq(ledger.chain.seq, 5);
}
END_TEST

START_TEST(the_same_file_again_changes_nothing)
{
	log_range(0, 3);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	log_range(3, 5);
	expect_messages(0, 5);
}
END_TEST

START_TEST(p29_nothing_is_receipted_into_a_file_without_a_name)
{
	log_range(0, 3);
	ck_assert_int_eq(unlink(LOG_NAME), 0);
	ck_assert_int_eq(log_add(3), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_ECLOSED);
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_ECLOSED);
	ck_assert(!ledger.dead);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ck_assert_uint_eq(ledger.lines[0].behind.seq, 4);
	ledger_clear(&ledger);
	ck_assert_int_eq(log_add(0), LEDGER_KNOWN);
}
END_TEST

/* The name goes after the write, before the answer. */
static int
unlinking_fdatasync(int fd)
{
	(void)unlink(LOG_NAME);
	return fdatasync(fd);
}

START_TEST(p29_nor_when_the_name_goes_meanwhile)
{
	const struct disk disk = {pwrite, unlinking_fdatasync, ftruncate};
	const char *bytes;
	size_t len;

	log_range(0, 3);
	ledger.disk = &disk;
	ck_assert_int_eq(log_add(3), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_ECLOSED);
	ledger.disk = &failing;
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_uint_eq(log_count(bytes, len, 3), 1);
	ck_assert_uint_eq(ledger.chain.seq, 4);
}
END_TEST

/* It is emptied after the write, before the answer. */
static int
emptying_fdatasync(int fd)
{
	int error = fdatasync(fd);

	return error == 0 ? ftruncate(fd, 0) : error;
}

START_TEST(p29_nor_when_it_is_emptied_meanwhile)
{
	const struct disk disk = {pwrite, emptying_fdatasync, ftruncate};
	const char *bytes;
	size_t len;

	log_range(0, 3);
	ledger.disk = &disk;
	ck_assert_int_eq(log_add(3), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_ECLOSED);
	ledger.disk = &log_disk;
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_uint_eq(log_count(bytes, len, 3), 1);
}
END_TEST

/* As logrotate's copytruncate does, which loses what comes in between. */
START_TEST(an_emptied_file_gets_a_head_that_goes_on)
{
	struct record_position position;
	const char *bytes;
	size_t len;

	log_range(0, 3);
	ck_assert_int_eq(truncate(LOG_NAME, 0), 0);
	ck_assert_int_eq(log_add(3), LEDGER_WAITS);
	ck_assert_int_eq(ledger_commit(&ledger), CHAT_ECLOSED);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_int_eq(
	    record_read_first_line(bytes, strcspn(bytes, "\n") + 1, &position),
	    0);
	ck_assert_uint_eq(position.seq, 3);
	ck_assert_uint_eq(log_count(bytes, len, 3), 1);
}
END_TEST

static void
expect_no_reopening(const char *name, int wanted)
{
	int fd = log_file(name);

	ck_assert_int_eq(ledger_reopen(&ledger, fd), wanted);
	(void)close(fd);
	work_again();
}

START_TEST(a_file_that_is_not_the_next_one_is_refused)
{
	const char *bytes;
	size_t len;

	log_range(0, 2);
	bytes = log_bytes(LOG_NAME, &len);
	log_put("earlier", bytes, len);
	log_range(2, 3);
	bytes = log_bytes(LOG_NAME, &len);
	log_put("torn", bytes, len - 1);
	log_put("foreign", "hello\n", 6);
	expect_no_reopening("earlier", CHAT_EMALFORMED);
	expect_no_reopening("torn", CHAT_EMALFORMED);
	expect_no_reopening("foreign", CHAT_EMALFORMED);
	log_range(3, 5);
	expect_messages(0, 5);
}
END_TEST

/* The first lines of all logs are alike. */
START_TEST(p29_a_file_with_a_broken_end_is_refused)
{
	static char first[SIZE_FIRST_LINE + 8];
	const char *bytes;
	size_t len;

	bytes = log_bytes(LOG_NAME, &len);
	memcpy(first, bytes, len);
	memcpy(first + len, "broken\n", 7);
	log_put("broken", first, len + 7);
	expect_no_reopening("broken", CHAT_EMALFORMED);
}
END_TEST

START_TEST(a_copy_that_ends_here_is_taken)
{
	const char *bytes;
	size_t len;

	log_range(0, 3);
	bytes = log_bytes(LOG_NAME, &len);
	log_put("copy", bytes, len);
	ck_assert_int_eq(rename("copy", LOG_NAME), 0);
	plan.syncs = 0;
	expect_no_reopening(LOG_NAME, CHAT_EMALFORMED);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	log_range(3, 5);
	expect_messages(0, 5);
}
END_TEST

START_TEST(p29_a_new_file_that_cannot_have_a_head_is_not_used)
{
	size_t len;

	log_range(0, 3);
	plan.number = ENOSPC;
	plan.writes = 0;
	expect_no_reopening("new", CHAT_EIO);
	plan.syncs = 0;
	expect_no_reopening("new", CHAT_EIO);
	(void)log_bytes("new", &len);
	ck_assert_uint_eq(len, 0);
	log_range(3, 5);
	expect_messages(0, 5);
}
END_TEST

START_TEST(a_new_file_that_another_has_is_not_used)
{
	int fd = log_file("new");

	log_range(0, 3);
	ck_assert_int_eq(ledger_lock(fd), 0);
	expect_no_reopening("new", CHAT_EBUSY);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    a_new_log_starts_with_its_head,
	    a_message_is_a_line_with_its_place,
	    many_are_one_write,
	    it_is_full_before_a_message_does_not_fit,
	    p29_an_id_is_recorded_once,
	    p29_an_id_that_waits_is_not_known,
	    a_write_in_pieces_is_made_whole,
	    p29_a_full_disk_leaves_nothing_behind,
	    p29_what_a_sync_refused_is_not_there,
	    p29_what_cannot_be_taken_back_is_the_end,
	    p29_what_is_not_taken_back_for_certain_is_the_end,
	    p29_what_somebody_else_wrote_is_the_end,
	    a_file_that_is_in_use_is_refused,
	    p29_a_new_file_goes_on_from_the_old,
	    p29_a_rotation_between_two_messages_that_wait,
	    the_same_file_again_changes_nothing,
	    p29_nothing_is_receipted_into_a_file_without_a_name,
	    p29_nor_when_the_name_goes_meanwhile,
	    p29_nor_when_it_is_emptied_meanwhile,
	    an_emptied_file_gets_a_head_that_goes_on,
	    a_file_that_is_not_the_next_one_is_refused,
	    p29_a_file_with_a_broken_end_is_refused,
	    a_copy_that_ends_here_is_taken,
	    p29_a_new_file_that_cannot_have_a_head_is_not_used,
	    a_new_file_that_another_has_is_not_used,
	};

	return unit_run(&(struct unit){
	    "recorder ledger", tests, COUNT(tests), setup, teardown});
}

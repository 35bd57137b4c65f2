/* Reading a log back: what is known, what is cut off, what is refused. */
#include "listener/recorder/reading.h"
#include "tests/unit/ledger.h"

static struct reading reading;
static struct reading_fault fault;

/* Opens the log with these older files beside it. */
static int
open_after(const char *const older[], size_t count)
{
	log_forget();
	return log_open_after(
	    LOG_NAME, older, count, &log_disk, &reading, &fault);
}

static int
open_alone(void)
{
	return open_after(NULL, 0);
}

/* A log of messages from..to, closed. */
static void
make(uint32_t from, uint32_t to)
{
	log_open();
	log_range(from, to);
	ledger_close(&ledger);
}

static bool
knows(uint32_t n)
{
	int status = log_add(n);

	ledger_clear(&ledger);
	return status == LEDGER_KNOWN;
}

static void
expect_known(uint32_t from, uint32_t to, uint32_t most)
{
	for (uint32_t n = 0; n < most; n++)
		if (knows(n) != (n >= from && n < to))
			ck_abort_msg("%u is %sknown", n,
			    n >= from && n < to ? "not " : "");
}

START_TEST(what_was_recorded_is_known_again)
{
	make(0, 10);
	ck_assert_int_eq(open_alone(), 0);
	expect_known(0, 10, 20);
	ck_assert_uint_eq(ledger.chain.seq, 10);
	ck_assert(!reading.gap);
	log_range(10, 12);
	ledger_close(&ledger);
	ck_assert_int_eq(open_alone(), 0);
	expect_known(0, 12, 20);
	ledger_close(&ledger);
}
END_TEST

START_TEST(an_empty_file_is_a_new_log)
{
	log_put(LOG_NAME, "", 0);
	ck_assert_int_eq(open_alone(), 0);
	ck_assert_uint_eq(ledger.chain.seq, 0);
	ck_assert(!reading.gap);
	ledger_close(&ledger);
}
END_TEST

/* The file cut at each byte: what is whole stays, and the rest goes. */
START_TEST(p29_a_torn_line_is_cut_off)
{
	static char whole[1 << 16];
	const char *bytes;
	size_t len, at, lines;

	make(0, 5);
	bytes = log_bytes(LOG_NAME, &len);
	memcpy(whole, bytes, len);
	for (size_t cut = 0; cut <= len; cut++) {
		log_put(LOG_NAME, whole, cut);
		for (at = cut; at > 0 && whole[at - 1] != '\n'; at--)
			continue;
		lines = 0;
		for (size_t i = 0; i < at; i++)
			lines += whole[i] == '\n';
		ck_assert_int_eq(open_alone(), 0);
		ck_assert_uint_eq((size_t)reading.torn, cut - at);
		ck_assert_uint_eq(ledger.chain.seq, lines == 0 ? 0 : lines - 1);
		expect_known(0, (uint32_t)ledger.chain.seq, 6);
		log_one(50);
		ledger_close(&ledger);
		ck_assert_int_eq(open_alone(), 0);
		ck_assert_uint_eq((size_t)reading.torn, 0);
		ck_assert(knows(50));
		ledger_close(&ledger);
	}
}
END_TEST

/* Blocks of the last write that never reached the disk are zero. */
START_TEST(p29_a_write_with_holes_is_cut_off)
{
	static char whole[1 << 16], holed[1 << 16];
	const char *bytes;
	size_t len, synced;

	make(0, 3);
	(void)log_bytes(LOG_NAME, &synced);
	make(3, 8);
	bytes = log_bytes(LOG_NAME, &len);
	memcpy(whole, bytes, len);
	for (size_t at = synced; at < len; at += 37) {
		memcpy(holed, whole, len);
		memset(holed + at, 0, len - at < 64 ? len - at : 64);
		log_put(LOG_NAME, holed, len);
		ck_assert_int_eq(open_alone(), 0);
		ck_assert_uint_ge(ledger.chain.seq, 3);
		expect_known(0, (uint32_t)ledger.chain.seq, 9);
		ledger_close(&ledger);
	}
}
END_TEST

static void
expect_refused(unsigned long line)
{
	size_t len, after;
	static char before[1 << 16];
	const char *bytes = log_bytes(LOG_NAME, &len);

	ck_assert_uint_le(len, sizeof(before));
	memcpy(before, bytes, len);
	ck_assert_int_eq(open_alone(), CHAT_EMALFORMED);
	ck_assert_uint_eq(fault.line, line);
	ck_assert(!fault.older);
	bytes = log_bytes(LOG_NAME, &after);
	ck_assert_uint_eq(after, len);
	ck_assert_mem_eq(bytes, before, len);
}

/* Whatever it is, it is not ours to change. */
START_TEST(a_foreign_file_is_refused_and_stays)
{
	static const char *const foreign[] = {"hello", "hello\n", "{}\n", "\n",
	    "{\"v\":1,\"type\":\"message\"}\n", "{\"v\":1,\"type\":\"log\"}\n",
	    "{\"v\":2,\"type\":\"log\",\"seq\":0,\"prev\":\"\"}\n"};
	static char zeros[4096];

	for (size_t i = 0; i < COUNT(foreign); i++) {
		log_put(LOG_NAME, foreign[i], strlen(foreign[i]));
		expect_refused(1);
	}
	log_put(LOG_NAME, zeros, sizeof(zeros));
	expect_refused(1);
	log_put(LOG_NAME,
	    "\x7f"
	    "ELF\0\0\n\0",
	    8);
	expect_refused(1);
	log_put(LOG_NAME, "\0\0x\0\n", 5);
	expect_refused(1);
}
END_TEST

/* Every byte of a log, changed: refused there or at the next line. */
START_TEST(a_changed_byte_is_refused_with_its_line)
{
	static char whole[1 << 16];
	const char *bytes;
	size_t len, last;
	unsigned long line = 1;

	make(0, 4);
	bytes = log_bytes(LOG_NAME, &len);
	memcpy(whole, bytes, len);
	last =
	    (size_t)((const char *)memrchr(whole, '\n', len - 1) - whole) + 1;
	for (size_t i = 0; i < last; i++) {
		whole[i] ^= 1;
		log_put(LOG_NAME, whole, len);
		ck_assert_int_eq(open_alone(), CHAT_EMALFORMED);
		if (fault.line != line && fault.line != line + 1)
			ck_abort_msg(
			    "byte %zu of line %lu: %lu", i, line, fault.line);
		whole[i] ^= 1;
		line += whole[i] == '\n';
	}
}
END_TEST

/* Line i of a text, with its LF. */
static const char *
line_of(const char *text, unsigned i, size_t *len)
{
	while (i-- > 0)
		text = strchr(text, '\n') + 1;
	*len = strcspn(text, "\n") + 1;
	return text;
}

/* The log with these lines, one digit each. */
static void
put_lines(const char *whole, const char *order)
{
	static char made[1 << 16];
	size_t len = 0, more;
	const char *line;

	for (; *order != '\0'; order++) {
		line = line_of(whole, (unsigned)(*order - '0'), &more);
		memcpy(made + len, line, more);
		len += more;
	}
	log_put(LOG_NAME, made, len);
}

START_TEST(lines_out_of_order_are_refused)
{
	static const struct {
		const char *order;
		unsigned long line;
	} wrong[] = {{"0234", 2}, {"0124", 4}, {"01134", 3}, {"01324", 3},
	    {"00123", 2}, {"01203", 4}, {"1234", 1}, {"0134", 3}};
	static char whole[1 << 16];
	const char *bytes;
	size_t len;

	make(0, 4);
	bytes = log_bytes(LOG_NAME, &len);
	memcpy(whole, bytes, len + 1);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		put_lines(whole, wrong[i].order);
		expect_refused(wrong[i].line);
	}
	put_lines(whole, "012"); /* who cut it there left no trace in it */
	ck_assert_int_eq(open_alone(), 0);
	ledger_close(&ledger);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused)
{
	static char longest[SIZE_RECORD + 2];
	int fd;

	make(0, 2);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\n';
	fd = log_file(LOG_NAME);
	(void)lseek(fd, 0, SEEK_END);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(write(fd, longest, sizeof(longest) - 1),
		    (ssize_t)sizeof(longest) - 1);
	(void)close(fd);
	ck_assert_int_eq(open_alone(), CHAT_EMALFORMED);
	ck_assert_uint_eq(fault.line, 4);
}
END_TEST

/* Three files, made by rotation: log.2, log.1, log. */
static void
make_three(uint32_t each)
{
	log_open();
	log_range(0, each);
	ck_assert_int_eq(rename(LOG_NAME, "log.2"), 0);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	log_range(each, 2 * each);
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	log_range(2 * each, 3 * each);
	ledger_close(&ledger);
}

/* In whatever order they are found. */
START_TEST(p29_ids_of_older_files_are_known)
{
	static const char *const orders[][2] = {
	    {"log.1", "log.2"}, {"log.2", "log.1"}};

	make_three(5);
	for (size_t i = 0; i < COUNT(orders); i++) {
		ck_assert_int_eq(open_after(orders[i], 2), 0);
		ck_assert(!reading.gap);
		expect_known(0, 15, 20);
		ledger_close(&ledger);
	}
}
END_TEST

START_TEST(other_files_do_not_matter)
{
	static const char *const older[] = {
	    "foreign", "log.2", "empty", "log.1", "another", "torn"};
	const char *bytes;
	size_t len;

	make(50, 60);
	ck_assert_int_eq(rename(LOG_NAME, "another"), 0);
	make_three(5);
	log_put("foreign", "hello\n", 6);
	log_put("empty", "", 0);
	bytes = log_bytes("log.1", &len);
	log_put("torn", bytes, len / 2);
	ck_assert_int_eq(open_after(older, COUNT(older)), 0);
	expect_known(0, 15, 70);
	ledger_close(&ledger);
}
END_TEST

START_TEST(a_missing_file_leaves_a_gap)
{
	static const char *const older[] = {"log.2"};

	make_three(5);
	ck_assert_int_eq(open_after(older, 1), 0);
	ck_assert(reading.gap);
	expect_known(10, 15, 20);
	ck_assert_uint_eq(ledger.chain.seq, 15);
	ledger_close(&ledger);
}
END_TEST

START_TEST(a_broken_older_file_leaves_a_gap)
{
	static const char *const older[] = {"log.1", "log.2"};
	int fd;

	make_three(5);
	fd = log_file("log.1");
	ck_assert_int_eq(pwrite(fd, "x", 1, 600), 1);
	(void)close(fd);
	ck_assert_int_eq(open_after(older, 2), 0);
	ck_assert(reading.gap);
	ck_assert(knows(12));
	ck_assert_uint_eq(ledger.chain.seq, 15);
	ledger_close(&ledger);
}
END_TEST

/* The listener was not there when the log was rotated. */
START_TEST(p29_an_empty_file_goes_on_from_the_newest)
{
	static const char *const older[] = {"log.2", "log.0", "log.1"};
	struct record_position position;
	struct chain chain;
	const char *bytes;
	size_t len;

	make_three(5);
	chain = ledger.chain;
	ck_assert_int_eq(rename(LOG_NAME, "log.0"), 0);
	ck_assert_int_eq(open_after(older, 3), 0);
	expect_known(0, 15, 20);
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_int_eq(record_read_first_line(bytes, len, &position), 0);
	ck_assert_uint_eq(position.seq, 15);
	ck_assert_mem_eq(position.prev, chain.head, SIZE_HASH);
	log_range(15, 17);
	ledger_close(&ledger);
}
END_TEST

/* Nor was it when the head of the new file was being written. */
START_TEST(p29_a_torn_head_goes_on_from_the_newest)
{
	static const char *const older[] = {"log.1"};

	make(0, 5);
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	log_put(LOG_NAME, "{\"v\":1,\"type\":\"l", 17);
	ck_assert_int_eq(open_after(older, 1), 0);
	ck_assert_uint_eq((size_t)reading.torn, 17);
	ck_assert_uint_eq(ledger.chain.seq, 5);
	expect_known(0, 5, 10);
	ledger_close(&ledger);
}
END_TEST

START_TEST(p29_a_torn_line_of_the_newest_is_cut_off)
{
	static const char *const older[] = {"log.1"};
	size_t len, before;
	const char *bytes;

	make(0, 4);
	(void)log_bytes(LOG_NAME, &before);
	make(4, 5);
	bytes = log_bytes(LOG_NAME, &len);
	log_put("log.1", bytes, len - 10);
	ck_assert_int_eq(unlink(LOG_NAME), 0);
	ck_assert_int_eq(open_after(older, 1), 0);
	ck_assert_uint_eq((size_t)reading.torn, len - 10 - before);
	ck_assert_uint_eq(ledger.chain.seq, 4);
	expect_known(0, 4, 10);
	(void)log_bytes("log.1", &len);
	ck_assert_uint_eq(len, before);
	ledger_close(&ledger);
}
END_TEST

START_TEST(a_broken_newest_is_refused)
{
	static const char *const older[] = {"log.1"};
	int fd;

	make(0, 5);
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	fd = log_file("log.1");
	ck_assert_int_eq(pwrite(fd, "x", 1, 600), 1);
	(void)close(fd);
	ck_assert_int_eq(open_after(older, 1), CHAT_EMALFORMED);
	ck_assert(fault.older);
	ck_assert_uint_eq(fault.line, 3);
}
END_TEST

/* Else what it has would be forgotten, and its numbers used again. */
START_TEST(p29_a_newest_with_a_broken_end_is_refused)
{
	static const char *const older[] = {"log.2", "log.0", "log.1"};
	size_t len;
	int fd;

	make_three(5);
	ck_assert_int_eq(rename(LOG_NAME, "log.0"), 0);
	(void)log_bytes("log.0", &len);
	fd = log_file("log.0");
	ck_assert_int_eq(pwrite(fd, "\n", 1, (off_t)len), 1);
	(void)close(fd);
	ck_assert_int_eq(open_after(older, 3), CHAT_EMALFORMED);
	ck_assert(fault.older);
	ck_assert_uint_eq(fault.line, 7);
}
END_TEST

START_TEST(p29_the_newest_of_files_without_messages)
{
	static const char *const older[] = {"log.2", "log.0", "log.1"};
	struct record_position position;
	struct chain chain;
	const char *bytes;
	size_t len;

	make_three(0);
	chain = ledger.chain;
	ck_assert_int_eq(rename(LOG_NAME, "log.0"), 0);
	ck_assert_int_eq(open_after(older, 3), 0);
	bytes = log_bytes(LOG_NAME, &len);
	ck_assert_int_eq(record_read_first_line(bytes, len, &position), 0);
	ck_assert_mem_eq(position.prev, chain.head, SIZE_HASH);
	ledger_close(&ledger);
}
END_TEST

/* Another listener, which has not been told of the rotation yet. */
START_TEST(p29_a_newest_that_is_in_use_is_refused)
{
	static const char *const older[] = {"log.1"};
	int fd;

	make(0, 5);
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	fd = log_file("log.1");
	ck_assert_int_eq(ledger_lock(fd), 0);
	ck_assert_int_eq(open_after(older, 1), CHAT_EBUSY);
	(void)close(fd);
	ck_assert_int_eq(open_after(older, 1), 0);
	ledger_close(&ledger);
}
END_TEST

/* The same, but it appends, and ends, between our reading and our lock. */
START_TEST(p29_a_newest_that_grew_while_it_was_read_is_refused)
{
	int fd, older;
	size_t len, grown;

	make(0, 5);
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	(void)log_bytes("log.1", &len);
	fd = log_file(LOG_NAME);
	older = log_file("log.1");
	ck_assert_int_eq(reading_log(&log_suite, log_memory, fd, &older, 1,
			     &reading, &fault),
	    0);
	ck_assert_int_eq(pwrite(older, "{", 1, (off_t)len), 1);
	ck_assert_int_eq(ledger_open(&ledger, &log_suite, &log_disk, log_memory,
			     fd, &reading),
	    CHAT_EBUSY);
	ledger_close(&ledger);
	(void)close(older);
	(void)log_bytes("log.1", &grown);
	ck_assert_uint_eq(grown, len + 1);
}
END_TEST

/* As many as there are in the memory of ids, and in one file or several. */
static void
add_many(uint32_t from, uint32_t to)
{
	for (uint32_t n = from; n < to; n++) {
		if (ledger_is_full(&ledger)) {
			ck_assert_int_eq(ledger_commit(&ledger), 0);
			ledger_clear(&ledger);
		}
		if (log_add(n) != LEDGER_WAITS)
			ck_abort_msg("%u", n);
	}
	ck_assert_int_eq(ledger_commit(&ledger), 0);
	ledger_clear(&ledger);
}

START_TEST(it_reads_back_65536_messages_and_no_more)
{
	static const char *const older[] = {"log.1"};

	log_open();
	add_many(0, 70000);
	ledger_close(&ledger);
	ck_assert_int_eq(open_alone(), 0);
	ck_assert_uint_eq(ledger.chain.seq, 70000);
	expect_known(70000 - 65536, 70000, 70010);
	ck_assert(!reading.gap);
	ck_assert_int_eq(rename(LOG_NAME, "log.1"), 0);
	ck_assert_int_eq(ledger_reopen(&ledger, log_file(LOG_NAME)), 0);
	add_many(70000, 71000);
	ledger_close(&ledger);
	ck_assert_int_eq(open_after(older, 1), 0);
	expect_known(71000 - 65536, 71000, 71010);
	ledger_close(&ledger);
}
END_TEST

/* What is broken further back is for chat-log to find. */
START_TEST(it_looks_no_further_back)
{
	int fd;

	log_open();
	add_many(0, 66000);
	ledger_close(&ledger);
	fd = log_file(LOG_NAME);
	ck_assert_int_eq(pwrite(fd, "x", 1, 5000), 1);
	(void)close(fd);
	ck_assert_int_eq(open_alone(), 0);
	ck_assert_uint_eq(ledger.chain.seq, 66000);
	ledger_close(&ledger);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    what_was_recorded_is_known_again,
	    an_empty_file_is_a_new_log,
	    p29_a_torn_line_is_cut_off,
	    p29_a_write_with_holes_is_cut_off,
	    a_foreign_file_is_refused_and_stays,
	    a_changed_byte_is_refused_with_its_line,
	    lines_out_of_order_are_refused,
	    a_line_that_is_too_long_is_refused,
	    p29_ids_of_older_files_are_known,
	    other_files_do_not_matter,
	    a_missing_file_leaves_a_gap,
	    a_broken_older_file_leaves_a_gap,
	    p29_an_empty_file_goes_on_from_the_newest,
	    p29_a_torn_head_goes_on_from_the_newest,
	    p29_a_torn_line_of_the_newest_is_cut_off,
	    a_broken_newest_is_refused,
	    p29_a_newest_with_a_broken_end_is_refused,
	    p29_the_newest_of_files_without_messages,
	    p29_a_newest_that_is_in_use_is_refused,
	    p29_a_newest_that_grew_while_it_was_read_is_refused,
	    it_reads_back_65536_messages_and_no_more,
	    it_looks_no_further_back,
	};

	return unit_run(&(struct unit){
	    "recorder reading", tests, COUNT(tests), log_setup, log_teardown});
}

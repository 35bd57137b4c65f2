"""chat-log: shows logs, and finds what was changed, lost or cut off."""
import hashlib
import itertools
import json
import os
import subprocess

from harness import BUILD, SPARSE, ChatTest, Program

LOG = str(BUILD / "chat-log")


def digest(line):
    return hashlib.sha256(line.encode()).hexdigest()


class LogTest(ChatTest):

    def setUp(self):
        super().setUp()
        self.prev, self.seq, self.results = "0" * 64, 0, []
        self.parts = [self.write(3), self.write(2), self.write(4)]
        self.kept = self.file("results", "".join(self.results))

    def add(self, line):
        self.prev = digest(line)
        return line

    def head(self):
        return self.add('{"v":1,"type":"log","seq":%d,"prev":"%s"}\n'
                        % (self.seq, self.prev))

    def message(self, text, to="alice"):
        self.seq += 1
        line = self.add(
            '{"v":1,"type":"message","seq":%d,"prev":"%s","id":"%032x",'
            '"from":"bob","to":"%s","listed":true,"address":"127.0.0.1",'
            '"sent":"2026-11-29T03:00:00Z","received":"2026-11-29T03:00:01Z",'
            '"text":"%s"}\n' % (self.seq, self.prev, self.seq, to, text))
        self.results.append(json.dumps({
            "v": 1, "type": "result", "id": f"{self.seq:032x}", "to": to,
            "ok": True, "receipt": {"seq": self.seq, "head": self.prev},
            "ms": 1}, separators=(",", ":")) + "\n")
        return line

    def lines(self, count):
        return [self.head()] + [self.message(f"text {self.seq + 1}")
                                for _ in range(count)]

    def write(self, count):
        return self.file(f"log.{self.seq}", "".join(self.lines(count)))

    def change(self, part, change):
        """Changes the lines of a part of the log."""
        with open(self.parts[part], encoding="utf-8") as file:
            lines = file.readlines()
        with open(self.parts[part], "w", encoding="utf-8") as file:
            file.writelines(change(lines))

    def check(self, *files):
        return self.run_program(LOG, "-c", *(files or self.parts))

    def assert_whole(self, checked, says):
        self.assertEqual((0, says + "; 0 faults\n", ""), (
            checked.status, checked.stdout, checked.stderr))

    def assert_fault(self, *says, files=()):
        """Found without receipts, and with them."""
        for more in (), (self.kept,):
            checked = self.check(*(files or self.parts), *more)
            self.assertEqual(1, checked.status, checked)
            for words in says:
                self.assertIn(words, checked.stderr)


class Check(LogTest):

    def test_a_whole_log(self):
        self.assert_whole(self.check(),
                          "9 messages, 1 to 9; 0 of 0 receipts found")

    def test_in_any_order_with_results(self):
        one, two, three = self.parts
        self.assert_whole(self.check(three, self.kept, one, two),
                          "9 messages, 1 to 9; 9 of 9 receipts found")

    def test_joined(self):
        joined = self.file("joined", "".join(
            open(part, encoding="utf-8").read() for part in self.parts))
        self.assert_whole(self.check(joined, self.kept),
                          "9 messages, 1 to 9; 9 of 9 receipts found")

    def test_older_files_may_be_gone(self):
        self.assert_whole(
            self.check(*self.parts[1:], self.kept),
            "6 messages, 4 to 9; 6 of 9 receipts found, 3 of older files")

    def test_a_torn_line_was_not_receipted(self):
        self.change(2, lambda lines: [*lines, '{"v":1,"ty'])
        checked = self.check()
        self.assertEqual(0, checked.status, checked)
        self.assertIn("ends in a part of a line", checked.stderr)

    def test_p40_a_nul_is_found_even_in_the_last_file(self):
        """chat-listen may cut off all from there on; it may also be a change.
        """
        for at in 0, 1, 3:
            with self.subTest(line=at):
                whole = open(self.parts[2], encoding="utf-8").read()
                self.change(2, lambda lines: [
                    *lines[:at], lines[at].replace('"', "\0", 1),
                    *lines[at + 1:]])
                self.assertEqual(1, self.check().status)
                self.assert_fault(f"log.5:{at + 1}: " + (
                    "neither" if at == 0 else
                    "this line was changed, or a crash left NULs in it"))
                self.file("log.5", whole)

    def test_p40_the_id_of_a_receipt_counts(self):
        """Whoever asks after an id learns whether the log has it."""
        edited = self.file("edited", self.results[4].replace(
            f"{5:032x}", f"{6:032x}"))
        checked = self.check(*self.parts, edited)
        self.assertEqual(1, checked.status, checked)
        self.assertIn(f"message 5 is missing or was changed: id {6:032x}",
                      checked.stderr)

    def test_p40_every_changed_byte_is_found(self):
        """In all but the last line, without any receipt."""
        with open(self.parts[1], encoding="utf-8") as file:
            content = file.read()
        for at in range(0, len(content), SPARSE):
            self.file(os.path.basename(self.parts[1]), content[:at] +
                      chr(ord(content[at]) ^ 1) + content[at + 1:])
            checked = subprocess.run((LOG, "-c", *self.parts), check=False,
                                     capture_output=True)
            self.assertEqual(1, checked.returncode, (at, checked))

    def test_p40_a_changed_last_line_is_found_by_its_receipt(self):
        self.change(2, lambda lines: [
            *lines[:-1], lines[-1].replace("text 9", "text 8")])
        self.assertEqual(0, self.check().status)
        checked = self.check(*self.parts, self.kept)
        self.assertEqual(1, checked.status)
        self.assertIn("message 9 is missing or was changed: id "
                      f"{9:032x}, receipted in {self.kept}:9",
                      checked.stderr)

    def test_p40_a_removed_line(self):
        self.change(0, lambda lines: lines[:2] + lines[3:])
        self.assert_fault("log.0:3: message 2 is missing before this line")

    def test_p40_removed_lines(self):
        self.change(2, lambda lines: lines[:1] + lines[3:])
        self.assert_fault("messages 6 to 7 are missing before this line")

    def test_p40_a_line_twice(self):
        self.change(0, lambda lines: lines + lines[-1:])
        self.assert_fault("log.0:5: message 3 stands here again")

    def test_p40_lines_in_another_order(self):
        self.change(0, lambda lines: [lines[0], lines[2], lines[1], lines[3]])
        self.assert_fault("message 1 is missing before this line",
                          "message 1 stands here again, or out of order")

    def test_p40_a_missing_file(self):
        files = self.parts[0], self.parts[2]
        self.assert_fault("messages 4 to 5 are missing before this line",
                          files=files)

    def test_p40_what_was_cut_off_is_found_by_the_first_receipt(self):
        self.change(2, lambda lines: lines[:3])
        self.assertEqual(0, self.check().status)
        checked = self.check(*self.parts, self.kept)
        self.assertEqual(1, checked.status)
        first = checked.stderr.splitlines()[0]
        self.assertIn("message 8 is missing or was changed", first)

    def test_p40_another_log_with_a_chain_of_its_own(self):
        self.prev, self.seq = "0" * 64, 0
        forged = self.file("forged", "".join(
            [self.head()] + [self.message(f"other {n}") for n in range(9)]))
        self.assertEqual(0, self.check(forged).status)
        checked = self.check(forged, self.kept)
        self.assertEqual(1, checked.status)
        self.assertEqual(9, checked.stderr.count("is missing or was changed"))

    def test_receipts_of_others_are_passed_over(self):
        to_carol = self.file("carol", "".join(self.results).replace(
            '"to":"alice"', '"to":"carol"'))
        self.assert_whole(
            self.check(*self.parts, to_carol, self.kept),
            "9 messages, 1 to 9; 9 of 9 receipts found, 9 of other recipients")

    def test_p40_another_name_in_one_line_makes_no_receipt_void(self):
        self.change(2, lambda lines: [*lines[:-1], lines[-1].replace(
            '"to":"alice"', '"to":"bobby"').replace("text 9", "other")])
        self.assertEqual(0, self.check().status)
        checked = self.check(*self.parts, self.kept)
        self.assertEqual(1, checked.status, checked)
        self.assertIn("message 9 is missing or was changed", checked.stderr)
        self.assertIn("8 of 9 receipts", checked.stdout)

    def test_p40_nor_does_it_in_all_lines(self):
        self.prev, self.seq = "0" * 64, 0
        forged = self.file("forged", "".join(
            [self.head()] + [self.message(f"other {n}", to="alicf")
                             for n in range(9)]))
        checked = self.check(forged, self.kept)
        self.assertEqual(1, checked.status, checked)
        self.assertIn("no receipt is for alicf, whose log this is",
                      checked.stderr)

    def test_a_log_of_somebody_who_changed_their_name(self):
        file = self.file("renamed", "".join(
            [self.head(), self.message("x", to="alicia")]))
        results = self.file("results", "".join(self.results))
        self.assert_whole(self.check(*self.parts, file, results),
                          "10 messages, 1 to 10; 10 of 10 receipts found")

    def test_a_file_that_was_begun_just_now(self):
        """All receipts are for messages of older files."""
        self.assert_whole(
            self.check(self.file("new", self.head()), self.kept),
            "0 messages; 0 of 9 receipts found, 9 of older files")

    def test_p40_the_first_line_of_a_log_is_no_older_file(self):
        self.change(0, lambda lines: lines[:1] + lines[2:])
        checked = self.check(self.parts[0], self.kept)
        self.assertIn("message 1 is missing or was changed", checked.stderr)
        self.assertNotIn("older", checked.stdout)

    def test_files_without_messages_in_any_order(self):
        self.prev, self.seq, self.results = "0" * 64, 0, []
        files = [self.file(f"f{n}", "".join(self.lines(count)))
                 for n, count in enumerate((0, 0, 2, 0, 1))]
        for order in itertools.permutations(files):
            self.assert_whole(self.check(*order),
                              "3 messages, 1 to 3; 0 of 0 receipts found")

    def in_pipes(self, *files):
        """Checks files that can be read once only."""
        return self.run_program(
            "bash", "-c", 'exec "$0" -c ' + " ".join(
                f"<(cat {file})" for file in files), LOG)

    def test_files_that_are_read_once(self):
        one, two, three = self.parts
        self.assert_whole(self.in_pipes(two, self.kept, three, one),
                          "9 messages, 1 to 9; 9 of 9 receipts found")

    def test_p40_a_changed_line_of_a_pipe(self):
        for at in range(1, 4):
            self.change(0, lambda lines: [
                *lines[:at], lines[at].replace("text", "twxt"),
                *lines[at + 1:]])
            self.assertEqual(1, self.in_pipes(*self.parts).status)

    def test_p40_what_is_behind_the_last_line(self):
        """Only what chat-listen would cut off is no fault."""
        for junk in "xyz", "\n", "{}", '{"v":1,"type":"log",':
            self.change(2, lambda lines: [*lines[:5], junk])
            checked = self.check()
            self.assertEqual(1, checked.status, (junk, checked))
            self.assertIn("this line was changed", checked.stderr)

    def test_results_as_a_shell_leaves_them(self):
        results = self.file(
            "results", "\n".join(self.results).rstrip("\n"))
        self.assert_whole(self.check(*self.parts, results),
                          "9 messages, 1 to 9; 9 of 9 receipts found")
        one = self.file("one", self.results[0].rstrip("\n"))
        self.assert_whole(self.check(*self.parts, one),
                          "9 messages, 1 to 9; 1 of 1 receipt found")

    def test_a_file_that_goes_meanwhile(self):
        """It was there when the files were put in order."""
        os.mkfifo(self.home / "fifo")
        checking = Program(self, (
            LOG, "-c", self.parts[0], str(self.home / "fifo")))
        with open(self.home / "fifo", "w", encoding="utf-8") as fifo:
            os.unlink(self.parts[0])
            fifo.write(open(self.parts[1], encoding="utf-8").read())
        ended = checking.wait()
        self.assertEqual(66, ended.status, ended)
        self.assertIn(f"{self.parts[0]}: No such file", ended.stderr)

    def test_an_empty_file_is_told(self):
        checked = self.check(*self.parts, "/dev/null")
        self.assertEqual(0, checked.status, checked)
        self.assertIn("/dev/null: the file is empty", checked.stderr)

    def test_p40_a_file_twice(self):
        self.assert_fault("what follows message 0 stands here again",
                          files=[*self.parts, self.parts[0]])

    def test_p40_an_emptied_log_is_short_of_its_receipts(self):
        self.change(0, lambda lines: lines[:1])
        checked = self.check(self.parts[0], self.kept)
        self.assertEqual(1, checked.status)
        self.assertEqual(9, checked.stderr.count("is missing or was changed"))

    def test_results_without_a_receipt(self):
        """Of listeners without a log, and of failures."""
        kept = self.file("more", '{"v":1,"type":"result","id":"","to":"alice",'
                         '"ok":false,"status":75,"ms":1}\n')
        self.assert_whole(self.check(*self.parts, kept),
                          "9 messages, 1 to 9; 0 of 0 receipts found")

    def test_what_is_neither(self):
        for content in ("hello\n", "[]\n", "x" * 500000 + "\n",
                        '{"v":1,"type":"result","receipt":3}\n'
                        '{"v":1,"type":"result","to":"alice","id":"","receipt":'
                        '{"seq":-1,"head":""}}\n'):
            path = self.file("other", content)
            checked = self.check(*self.parts, path)
            self.assertEqual(1, checked.status, checked)
            self.assertIn(f"{path}:", checked.stderr)


class Show(LogTest):

    def test_lines(self):
        shown = self.run_program(LOG, *self.parts)
        self.assertEqual([f"2026-11-29T03:00:01Z bob: text {n}"
                          for n in range(1, 10)], shown.stdout.splitlines())

    def test_the_last(self):
        for number, first in (1, 3), (2, 2), (3, 1), (99, 1):
            shown = self.run_program(LOG, "-n", str(number), self.parts[0])
            self.assertEqual([f"bob: text {n}" for n in range(first, 4)],
                             [line.split(" ", 1)[1]
                              for line in shown.stdout.splitlines()])

    def test_as_on_a_terminal(self):
        shown = self.run_program(LOG, "-t", "20", self.parts[0],
                                 env={"NO_COLOR": "1", "TZ": "HERE-5:30"})
        lines = shown.stdout.splitlines()
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d bob")
        self.assertFalse([line for line in lines if len(line) > 20], lines)

    def test_json(self):
        shown = self.run_program(LOG, "-j", self.parts[0])
        self.assertEqual(["text 1", "text 2", "text 3"], [
            json.loads(line)["text"] for line in shown.stdout.splitlines()])

    def test_p22_nothing_unsafe_is_shown(self):
        """A record that was edited is no line of a log."""
        self.change(0, lambda lines: [
            *lines[:2], lines[2].replace("text", "\x1b[2Jtext"), lines[3]])
        shown = self.run_program(LOG, self.parts[0])
        self.assertNotIn("\x1b", shown.stdout + shown.stderr)
        self.assertIn("log.0:3: not a line of a log", shown.stderr)

    def test_follow(self):
        path = self.parts[2]
        following = Program(self, (LOG, "-f", path))
        following.out.wait_for(b"text 9\n")
        with open(path, "a", encoding="utf-8") as file:
            line = self.message("text 10")
            file.write(line[:50])
            file.flush()
            file.write(line[50:])
        following.out.wait_for(b"text 10\n")
        os.rename(path, path + ".old")
        with open(path + ".old", "a", encoding="utf-8") as file:
            file.write(self.message("text 11"))
        self.file("new", self.head() + self.message("text 12"))
        os.rename(self.home / "new", path)
        following.out.wait_for(b"text 12\n")
        self.assertEqual([f"bob: text {n}" for n in range(6, 13)], [
            line.split(" ", 1)[1]
            for line in following.stop().stdout.splitlines()])

    def test_mistakes(self):
        path = self.parts[0]
        for words, status, says in (
                ((), 64, "no file"), (("-c", "-f", path), 64, "-c"),
                (("-f", path, path), 64, "one file"),
                (("-n", "0", path), 64, "-n"),
                (("-j", "-t", "80", path), 64, "-t"),
                (("/nowhere",), 66, "/nowhere: No such file"),
                (("-c", "/nowhere"), 66, "/nowhere: No such file"),
                ((self.kept,), 65, "not a log"), (("/",), 66, "directory")):
            ended = self.run_program(LOG, *words)
            self.assertEqual(status, ended.status, ended)
            self.assertIn(says, ended.stderr)
            self.assertEqual("", ended.stdout)

    def test_a_full_disk_is_told(self):
        for words in (self.parts[0],), ("-c", self.parts[0]), ("-h",):
            with open("/dev/full", "wb") as full:
                ended = subprocess.run((LOG, *words), stdout=full,
                                       stderr=subprocess.PIPE, check=False)
            self.assertEqual(74, ended.returncode, ended)
            self.assertIn(b"standard output: No space left", ended.stderr)

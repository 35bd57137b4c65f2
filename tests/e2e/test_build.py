"""The build: compilers, flags, sources."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import ROOT, ChatTest, Program

PROGRAMS = "chat-listen", "chat-send"
FLAGS = "-fstack-protector-strong", "-fstack-clash-protection", "-fPIE"
# A compiler for another machine, which does not know flags of x86.
OTHER = "#!/bin/sh\ncase \" $* \" in *' -fcf-protection '*) exit 1; esac\n" \
    "exec cc \"$@\"\n"


class BuildTest(ChatTest):
    once = True

    def setUp(self):
        super().setUp()
        self.build = self.home / "build"
        self.environment |= {
            key: value for key, value in os.environ.items()
            if key in ("PATH", "TMPDIR")}

    def make(self, *args, tree=ROOT):
        return self.run_program(
            "nice", "make", "-C", str(tree), f"BUILD={self.build}", *args)

    def assert_made(self, *args, **how):
        made = self.make(*args, **how)
        self.assertEqual((0, ""), (made.status, made.stderr))
        return made.stdout

    def flags(self):
        return (self.build / "flags.mk").read_text()

    def copy(self, name):
        """Copies the sources, without git, to a folder with this name."""
        tree = self.home / name
        tree.mkdir(parents=True)
        packed = subprocess.run(
            "scripts/files | tar -c --verbatim-files-from -T -", shell=True,
            cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(("tar", "-x", "-C", tree), input=packed, check=True)
        return tree


class Compilers(BuildTest):
    """No build has warnings."""
    limit = 600

    def with_compiler(self, name, *args):
        self.need(name)
        return self.assert_made("-s", "WERROR=yes", f"CC={name}", *args)

    def test_clang(self):
        self.with_compiler("clang")

    def test_gcc_with_all_optimisation(self):
        self.with_compiler("gcc", "CFLAGS=-O3 -g -flto=auto")

    def test_arm64(self):
        """Links as far as its libraries are here; otherwise only compiles."""
        name = "aarch64-linux-gnu-gcc"
        objects = [f"{self.build}/{path.relative_to(ROOT).with_suffix('.o')}"
                   for folder in ("common", "listener", "sender")
                   for path in (ROOT / folder).rglob("*.c")
                   if path.name != "sandbox_none.c"]
        include = self.headers_of_libraries()
        self.with_compiler(name, f"CPPFLAGS=-idirafter {include}", *objects)
        self.assertIn("-mbranch-protection=standard", self.flags())
        self.assertNotIn("-fcf-protection", self.flags())

    def headers_of_libraries(self):
        """Those of this machine, without its libc."""
        folder = self.home / "include"
        for name in "openssl", "cjson", "bsd":
            for found in (Path("/usr/include") / name,
                          *Path("/usr/include").glob(f"*-linux-gnu/{name}")):
                if found.exists():
                    shutil.copytree(found, folder / name, dirs_exist_ok=True)
        return folder


class Flags(BuildTest):
    one = "common/base/hex.o"

    def object(self):
        return f"{self.build}/{self.one}"

    def test_a_compiler_gets_the_hardening_that_it_takes(self):
        self.assert_made(self.object())
        for flag in *FLAGS, "-pie", "-Wl,-z,relro", "-Wl,-z,now", \
                "-D_FORTIFY_SOURCE=2":
            self.assertIn(flag, self.flags().split())
        compiler = self.file("other-cc", OTHER)
        os.chmod(compiler, 0o755)
        self.assert_made(self.object(), f"CC={compiler}")
        self.assertNotIn("-fcf-protection", self.flags())
        for flag in FLAGS:
            self.assertIn(flag, self.flags().split())

    def test_it_is_asked_once(self):
        counting = self.file(
            "counting-cc", "#!/bin/sh\necho >>\"$0.calls\"\nexec cc \"$@\"\n")
        os.chmod(counting, 0o755)
        self.assert_made(self.object(), f"CC={counting}")
        os.unlink(f"{counting}.calls")
        self.assert_made(self.object(), f"CC={counting}")
        self.assertFalse(os.path.exists(f"{counting}.calls"))

    def test_other_flags_build_again(self):
        self.assert_made(self.object())
        before = os.stat(self.object()).st_mtime_ns
        self.assert_made(self.object())
        self.assertEqual(before, os.stat(self.object()).st_mtime_ns)
        self.assert_made(self.object(), "CFLAGS=-O1")
        self.assertNotEqual(before, os.stat(self.object()).st_mtime_ns)

    def test_a_warning_fails_only_what_is_checked(self):
        header = self.file("noisy.h", "#warning NOBODY\n")
        noisy = f"CPPFLAGS=-include {header}"
        for words, fails in ((), False), (("WERROR=yes",), True):
            with self.subTest(words):
                shutil.rmtree(self.build, ignore_errors=True)
                made = self.make(self.object(), noisy, *words)
                self.assertIn("NOBODY", made.stderr)
                self.assertEqual(fails, made.status != 0, made)
        self.assertIn("-Werror", self.make("-n", "check").stdout)

    def test_a_compiler_that_is_not_there(self):
        made = self.make("CC=no-such-cc")
        self.assertEqual(2, made.status)
        self.assert_says(made.stderr, "no-such-cc", "apt-get install gcc")

    def test_all_missing_packages_in_one_line(self):
        made = self.make("PKG_CONFIG=false", "unit")
        self.assertEqual(2, made.status)
        self.assertRegex(made.stderr, "apt-get install libssl-dev "
                         "libcjson-dev libbsd-dev check pkgconf")

    def test_silent(self):
        self.assertEqual("", self.assert_made("-s", self.object()))

    def test_a_blank_is_refused_before_anything_is_done(self):
        for name in "BUILD", "PREFIX", "MANDIR":
            for goal in "all", "clean", "install":
                with self.subTest(name=name, goal=goal):
                    made = self.make(goal, f"{name}={self.home}/a b")
                    self.assertEqual(2, made.status, made)
                    self.assert_says(made.stderr, f"{name}=", "blank")


class Sources(BuildTest):
    limit = 240

    def test_two_checkouts_give_the_same_bytes(self):
        """With debugging information too, in any folder."""
        made = []
        for name in "one", "a longer name/two":
            self.build = self.home / f"build{len(made)}"
            tree = self.copy(name)
            self.assert_made("-s", tree=tree)
            made.append([(self.build / program).read_bytes()
                         for program in PROGRAMS])
        self.assertEqual(*made)
        for octets in made[0]:
            self.assertNotIn(str(self.home).encode(), octets)

    def files(self, tree, **how):
        listed = self.run_program(str(tree / "scripts/files"), **how)
        self.assertEqual((0, ""), (listed.status, listed.stderr))
        return listed.stdout.split("\n")[:-1]

    def test_files_without_git(self):
        """Only files that git knows: users may keep directories there."""
        tree = self.copy("tarball")
        (tree / "users.json").write_text("[]")
        (tree / "build").mkdir()
        (tree / "build" / "x.c").write_text("")
        self.assertEqual(sorted(self.files(ROOT)), sorted(self.files(tree)))

    def test_files_of_a_tarball_within_another_clone(self):
        subprocess.run(("git", "init", "-q", self.home), check=True)
        self.test_files_without_git()

    def test_files_of_a_clone_that_is_somebody_elses(self):
        self.need_root()
        tree = self.copy("clone")
        for words in ("init", "-q"), ("add", "."):
            subprocess.run(("git", "-C", tree, *words), check=True)
        (tree / "scripts" / "untracked").write_text("")
        for path in tree, *tree.rglob("*"):
            os.chown(path, 65534, 65534)
        self.assertEqual(sorted(self.files(ROOT)), sorted(self.files(tree)))


class ScriptTest(BuildTest):

    def tools(self, others=None, **programs):
        """The commands that scripts find. Each call is noted; other commands
        are those of this machine, or not there."""
        folder = self.home / "tools"
        folder.mkdir()
        for name, body in programs.items():
            path = folder / name.replace("_", "-")
            path.write_text(
                f"#!/bin/sh\necho {path.name} \"$@\" >>{self.home}/calls\n"
                + body)
            path.chmod(0o755)
        for name in others or ():
            (folder / name).symlink_to(shutil.which(name))
        self.environment["PATH"] = str(folder) if others else \
            f"{folder}:{self.environment['PATH']}"

    def calls(self):
        path = self.home / "calls"
        return path.read_text().split("\n")[:-1] if path.exists() else []


class Scripts(ScriptTest):
    """-h has no other effect; packages asks for what it needs."""

    def test_help(self):
        self.tools(dpkg_query="exit 1", sudo="exit 1", make="exit 1",
                   apt_get="exit 1")
        for script in "quickstart", "packages", "check":
            for word in "-h", "--help":
                with self.subTest(script=script, word=word):
                    told = self.run_program(
                        str(ROOT / "scripts" / script), word)
                    self.assertEqual((0, ""), (told.status, told.stderr))
                    self.assertTrue(told.stdout.startswith("usage: "))
        self.assertEqual([], self.calls())

    def test_quickstart_takes_nothing_else(self):
        self.tools(make="exit 1")
        told = self.run_program(str(ROOT / "scripts/quickstart"), "now")
        self.assertEqual(64, told.status)
        self.assert_says(told.stderr, "'now'", "usage: ")

    def install(self, sudo):
        self.tools(dpkg_query="exit 1", apt_get="exit 0", id="echo 1000",
                   update_rc_d="exit 0", systemctl="exit 0", sudo=sudo)
        return self.run_program(str(ROOT / "scripts/packages"), "deb")

    def test_a_user_whom_sudo_asks_nothing(self):
        done = self.install('[ "$1" = -v ] && exit 1; [ "$1" != -n ] || '
                            'shift; exec "$@"')
        self.assertEqual(0, done.status, done)
        wanted, = (call for call in self.calls()
                   if call.startswith("apt-get install"))
        self.assertIn(" build-essential ", wanted)
        self.assertNotIn("sudo true", self.calls())

    def test_a_user_whom_sudo_asks(self):
        done = self.install('[ "$1" != -n ] || exit 1; exec "$@"')
        self.assertEqual(0, done.status, done)
        self.assertIn("sudo true", self.calls())

    def test_a_user_whom_sudo_refuses(self):
        done = self.install("exit 1")
        self.assertEqual(77, done.status)
        self.assertRegex(done.stderr, "^packages: not root, and no sudo; "
                         "run as root: apt-get install "
                         "build-essential .*systemd-container\n")

    def test_what_takes_long_is_told(self):
        self.tools(dpkg_query="exit 1", id="echo 0", update_rc_d="exit 0",
                   systemctl="exit 0", apt_get="""
            [ "$1" = install ] || exit 0
            echo "Setting up that"
            while [ -d "$HOME" ] && [ ! -e "$HOME/told" ]; do
                sleep 0.1
            done""")
        packages = Program(self, (str(ROOT / "scripts/packages"), "build"))
        packages.out.wait_for(b"packages: 10 s  Setting up that\n")
        self.file("told", "")
        self.assertEqual(0, packages.wait().status)


    def test_what_is_over_at_once_is_over(self):
        """A shell that was just forked loses signals with a trap."""
        script = f"""trap 'exit 130' HUP INT TERM
            . {ROOT}/scripts/tell
            for n in $(seq 300); do tell it {self.home}/log true; done"""
        done = self.run_program("/bin/sh", "-c", script)
        self.assertEqual((0, "", ""), (done.status, done.stdout, done.stderr))


class Lint(ScriptTest):
    """A missing tool is skipped with a hint."""

    HERE = {"gcc": "", "cppcheck": "", "mandoc": "", "groff": "",
            "shellcheck": "", "tsort": "", "clang_format_19": "",
            "clang_tidy_19": "", "python3": ""}
    PACKAGES = {"clang_format_19": "clang-format-19", "groff": "groff-base",
                "clang_tidy_19": "clang-tidy-19", "tsort": "coreutils"}
    BASE = ("awk", "cat", "cut", "dirname", "env", "expr", "find", "git", "grep",
            "mktemp", "rm", "sed", "sh", "sleep", "sort", "tail", "tr", "uniq",
            "wc")

    def lint(self, **tools):
        shutil.rmtree(self.home / "tools", ignore_errors=True)
        self.tools(self.BASE, **tools)
        return self.run_program(str(ROOT / "scripts/lint"))

    def without(self, *names):
        return {name: body for name, body in self.HERE.items()
                if name not in names}

    def assert_skipped(self, done, *says, passed=6):
        self.assertEqual(0, done.status, done)
        self.assert_says(done.stdout, *says)
        skipped = done.stdout.count("lint: SKIPPED ")
        self.assertTrue(done.stdout.endswith(
            f"lint: {passed} passed, 0 failed, {skipped} skipped\n"), done)
        self.assertEqual(7, passed + skipped)

    def test_all_is_here(self):
        done = self.lint(**self.HERE)
        self.assertEqual((0, "lint: 7 passed, 0 failed\n", ""),
                         (done.status, done.stdout, done.stderr))

    def test_one_tool_is_missing(self):
        for name in self.HERE:
            with self.subTest(name):
                self.assert_skipped(
                    self.lint(**self.without(name)),
                    f"apt-get install {self.PACKAGES.get(name, name)}\n")

    def test_nothing_is_here(self):
        self.assert_skipped(self.lint(), "groff-base mandoc python3\n",
                            passed=0)

    def test_another_release_formats_in_its_own_way(self):
        others = self.without("clang_format_19", "clang_tidy_19")
        self.assert_skipped(
            self.lint(clang_format="echo Debian clang-format version 14.0.6",
                      clang_tidy="echo LLVM version 20.1.2", **others),
            "SKIPPED clang-format: version 19 is needed, found 14.0.6: "
            "apt-get install clang-format-19\n",
            "SKIPPED clang-tidy: version 19 is needed, found 20.1.2: ", passed=5)
        for name in "clang-format", "clang-tidy":
            self.assertFalse([call for call in self.calls() if
                              call.startswith(f"{name} --") and
                              call != f"{name} --version"])

    def test_the_release_that_counts_may_have_another_name(self):
        others = self.without("clang_format_19", "clang_tidy_19")
        done = self.lint(clang_format="echo clang-format version 19.1.7",
                         clang_tidy="echo LLVM version 19.1.7", **others)
        self.assertEqual(0, done.status, done)
        self.assertEqual("lint: 7 passed, 0 failed\n", done.stdout)

    def test_what_is_found_fails(self):
        done = self.lint(**self.HERE | {"cppcheck": "echo fault; exit 1"})
        self.assertEqual(1, done.status)
        self.assertEqual("lint: cppcheck:\nfault\nlint: 6 passed, 1 failed\n",
                         done.stdout)


class Check(ScriptTest):

    def check(self, **says):
        """make reports each part."""
        cases = "".join(f"{part}) printf '{words}\\n';;\n"
                        for part, words in says.items())
        self.tools(dpkg_query="echo ii", make=f"case $1 in\n{cases}esac")
        return self.run_program(str(ROOT / "scripts/check"))

    def test_what_was_skipped_is_told_in_the_end(self):
        done = self.check(
            check="SKIPPED e2e.one: apt-get install one\\n"
                  "7 passed, 0 failed, 1 skipped",
            asan="SKIPPED e2e.one: apt-get install one\\n"
                 "3 passed, 0 failed, 1 skipped",
            lint="lint: SKIPPED cppcheck: apt-get install cppcheck\\n"
                 "lint: 5 passed, 0 failed, 1 skipped")
        self.assertEqual(0, done.status, done)
        self.assertTrue(done.stdout.endswith(
            "== skipped, and why\n"
            "SKIPPED e2e.one: apt-get install one\n"
            "lint: SKIPPED cppcheck: apt-get install cppcheck\n"
            "15 passed, 0 failed, 3 skipped\n"), done)

    def test_a_failure_counts_whatever_was_skipped(self):
        done = self.check(check="1 passed, 0 failed", asan="1 passed, 1 failed",
                          lint="lint: 0 passed, 0 failed, 7 skipped")
        self.assertEqual(1, done.status, done)
        self.assertTrue(done.stdout.endswith(
            "\n2 passed, 1 failed, 7 skipped\n"), done)

    def test_a_part_that_breaks_off_fails(self):
        done = self.check(check="1 passed, 0 failed", asan="broken",
                          lint="lint: 7 passed, 0 failed")
        self.assertEqual(1, done.status, done)
        self.assertTrue(done.stdout.endswith("\n8 passed, 1 failed\n"), done)


if __name__ == "__main__":
    unittest.main()

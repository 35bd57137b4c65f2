"""What chat-spool(1) recommends, done as a new user would."""

from harness import BUILD, ROOT
from process import wait_until
from test_spool import SpoolTest

PAGE = ROOT / "sender/spool/chat-spool.1"


def recipes():
    """Returns the commands of EXAMPLES, by the name of their section."""
    text = PAGE.read_text().split(".Sh EXAMPLES\n")[1].split("\n.Sh ")[0]
    found = {}
    for part in text.split(".Ss ")[1:]:
        name, _, body = part.partition("\n")
        lines = [line.removeprefix(".Dl ") for line in body.splitlines()
                 if not line.startswith(".") or line.startswith(".Dl ")]
        found[name] = "\n".join(lines).replace(r"\-", "-").replace(
            r"\(aq", "'")
    return found


class Recipes(SpoolTest):

    def setUp(self):
        super().setUp()
        self.environment["PATH"] = f"{self.home}:{BUILD}:" + \
            self.environment["PATH"]

    def tool(self, name, script):
        path = self.home / name
        path.write_text("#!/bin/sh\n" + script + "\n")
        path.chmod(0o755)

    def shell(self, command):
        return self.run_program("/bin/sh", "-c", command)

    def test_each_recipe_is_run_by_a_test(self):
        self.assertEqual(
            ["A job at night, for three people of whom one is off",
             "Know within a minute",
             "A mail about each message that was given up"], list(recipes()))

    def test_a_job_at_night(self):
        job, minutely = (line.split(None, 5)[5] for line in recipes()[
            "A job at night, for three people of whom one is off"
        ].splitlines())
        self.shared |= {"bob": self.secret()}
        self.tool("backup", "exit 1")
        self.environment["CHAT_USER"] = "backup"
        people = {name: self.listen(user=name) for name in ("alice", "bob")}
        self.users(9, **{name: one.port for name, one in people.items()})
        self.environment["CHAT_USER"] = "backup"
        done = self.shell(job)
        self.assertEqual(1, done.status, done)
        self.assertEqual(["carol"], [one["to"] for one in self.listed()])
        people["carol"] = self.listen(user="carol")
        self.users(9, **{name: one.port for name, one in people.items()})
        self.make_due()
        done = self.shell(minutely)
        self.assertEqual((0, "", ""), (done.status, done.stdout, done.stderr))
        for one in people.values():
            self.assertEqual(["backup?: backup failed"], one.shown())

    def test_know_within_a_minute(self):
        self.need("openssl")
        recipe = recipes()["Know within a minute"]
        self.assertIn("-s 1m", recipe)
        failed = self.shell(recipe.replace("-s 1m", "-s 1"))
        self.assertEqual(1, failed.status, failed)
        alice = self.alice()
        known = self.shell(recipe)
        self.assertEqual(0, known.status, known)
        self.assertEqual(["bob: build 7 failed"], alice.shown())

    def test_a_mail_about_what_was_given_up(self):
        self.tool("mail", 'echo "$@: $(cat)"')
        kept, = self.keep("text", options=("-s", "1"))
        wait_until(lambda: self.shell(
            recipes()["A mail about each message that was given up"]
        ).stdout == "-s not delivered to alice root: text\n", "a mail")
        self.assertTrue(kept["drawn"])

"""The files, functions and folders in ARCHITECTURE.md exist."""
import re
import subprocess
import unittest

from harness import ROOT

PAGE = (ROOT / "ARCHITECTURE.md").read_text()


def sources():
    return [path for folder in ("common", "listener", "sender")
            for path in (ROOT / folder).rglob("*.[ch]")]


def defines(text, function):
    """In a definition, the name is at the start of a line, below its type."""
    return re.search(rf"^{function}\(", text, re.MULTILINE)


class Architecture(unittest.TestCase):

    def test_functions(self):
        named = re.findall(r"`((?:common|listener|sender)/[\w/.-]+\.c):(\w+)`",
                           PAGE)
        self.assertGreater(len(named), 15)
        for path, function in named:
            with self.subTest(path=path, function=function):
                self.assertTrue(defines((ROOT / path).read_text(), function))

    def test_functions_without_a_file(self):
        texts = [path.read_text() for path in sources()]
        for function in re.findall(r"`([a-z0-9]+_[a-z0-9_]+)`", PAGE):
            with self.subTest(function):
                self.assertTrue(
                    any(re.search(rf"\b{function}\b", text) for text in texts))

    def test_files(self):
        for path in re.findall(r"`([\w.-]+/[\w/.-]+?)(?::\w+)?`", PAGE) + \
                re.findall(r"\]\(([^)]+)\)", PAGE):
            with self.subTest(path):
                self.assertTrue((ROOT / path).exists())

    def test_each_folder_of_the_programs_is_in_the_map(self):
        for folder in {path.parent.relative_to(ROOT) for path in sources()}:
            if str(folder) == "listener":  # only its subfolders are in the map
                continue
            with self.subTest(folder):
                self.assertRegex(PAGE, rf"(?m)^\|[^|]*`{folder}/`")

    def test_each_process_has_its_title(self):
        """The listing of ps."""
        titles = set(re.findall(r"chat-listen: (\w+)", PAGE))
        text = "".join(path.read_text() for path in sources())
        self.assertEqual({"listening", "runner", "recorder", "keyholder",
                          "session"},
                         titles)
        for title in titles:
            self.assertRegex(text, rf'(setproctitle|role_fork)\(\s*"{title}')

    def test_it_is_linked_from_the_first_screen(self):
        screen = subprocess.run(["head", "-n", "40", ROOT / "README.md"],
                                capture_output=True, text=True, check=True)
        self.assertIn("(ARCHITECTURE.md)", screen.stdout)


if __name__ == "__main__":
    unittest.main()

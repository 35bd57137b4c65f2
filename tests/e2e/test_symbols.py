"""p33: processes that face the network cannot reach the JSON parser."""
import os
import subprocess

from harness import BUILD, ROOT, ChatTest


class Symbols(ChatTest):
    """By the symbols that object files define and need. An object file is
    reached as a whole, as by the linker."""

    def setUp(self):
        super().setUp()
        self.need("nm")
        self.defined, self.wanted = {}, {}

    def read(self, role):
        """Returns the symbols of the object files of a program."""
        sources = [path.relative_to(ROOT) for name in ("common", role)
                   for path in (ROOT / name).rglob("*.c")]
        objects = {str(BUILD / source.with_suffix(".o")): str(source)
                   for source in sources}
        built = filter(os.path.exists, objects)  # one sandbox is
        listed = subprocess.run(["nm", "-A", "-P", *built], check=True,
                                text=True, capture_output=True)
        if "plugin needed" in listed.stderr:
            self.skipTest("nm cannot read what is for the linker to optimize")
        self.wanted = {source: set() for source in objects.values()}
        for line in listed.stdout.splitlines():
            path, name, kind = line.split()[:3]
            source = objects[path.removesuffix(":")]
            if kind in "Uw":
                self.wanted[source].add(name)
            elif kind.isupper():
                self.defined[name] = source

    def walk(self, *starts):
        """Returns what can be reached: symbol or source, with the way there.
        """
        ways = {start: start for start in starts}
        todo = list(starts)
        while todo:
            source = todo.pop()
            for name in self.wanted[source]:
                target = self.defined.get(name, name)
                if target not in ways:
                    ways[target] = f"{ways[source]} -> {name}"
                    if target in self.wanted:
                        todo.append(target)
        return ways

    def parsers(self, *starts):
        return sorted(way for end, way in self.walk(*starts).items()
                      if end.startswith("cJSON"))

    def test_p33_sessions_cannot_parse_json(self):
        self.read("listener")
        self.assertEqual([], self.parsers("listener/session/session.c"))
        self.assertIn("common/chat1/frame.c", self.walk("listener/session/session.c"))
        # It would be found: the keyholder reads the directory.
        self.assertTrue(self.parsers("listener/keyholder/keyholder.c"))

    def test_p33_attempts_cannot_parse_json(self):
        """Nor can a process that looks a host name up."""
        self.read("sender")
        starts = [f"sender/{name}.c"
                  for name in ("connect", "deliver", "resolve")]
        self.assertEqual([], self.parsers(*starts))
        self.assertIn("common/chat1/frame.c", self.walk(*starts))
        self.assertTrue(self.parsers("sender/chat-send.c"))

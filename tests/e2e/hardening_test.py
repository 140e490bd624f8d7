"""The release binary was built with what a compiler and a linker do against faults."""

import os
import platform
import re
import subprocess
import unittest

BINARY = os.environ["POSTERN_BINARY"]
IS_X86 = platform.machine() == "x86_64"


def readelf(*options):
    done = subprocess.run(["readelf", "--wide", *options, BINARY], check=True, capture_output=True,
                          text=True)
    return done.stdout


class HardeningTest(unittest.TestCase):
    def test_O6_the_binary_is_placed_anew_at_each_start(self):
        self.assertRegex(readelf("--file-header"), r"Type:\s+DYN")
        self.assertRegex(readelf("--dynamic"), r"\(FLAGS_1\).*\bPIE\b")

    def test_O6_imports_are_read_only_and_come_from_the_systems_folders(self):
        dynamic = readelf("--dynamic")
        self.assertRegex(dynamic, r"\(FLAGS_1\).*\bNOW\b")
        self.assertNotRegex(dynamic, r"RPATH|RUNPATH")
        self.assertIn("GNU_RELRO", readelf("--program-headers"))

    def test_O6_no_memory_is_writable_and_executable(self):
        segments = re.findall(r"^\s+(\w+)(?:\s+0x[0-9a-f]+){5}\s+([R ][W ][E ])\s",
                              readelf("--program-headers"), re.MULTILINE)
        self.assertIn("GNU_STACK", [kind for kind, _ in segments])
        self.assertEqual([], [kind for kind, flags in segments if "W" in flags and "E" in flags])

    def test_O6_the_stack_is_guarded_and_calls_are_checked(self):
        imports = set(re.findall(r"\bUND (\w+)", readelf("--dyn-syms")))
        self.assertIn("__stack_chk_fail", imports)
        self.assertTrue([name for name in imports if re.fullmatch(r"__(mem|str|v?sn?printf).*_chk",
                                                                  name)], sorted(imports))

    def test_O6_nothing_of_ours_is_exported(self):
        defined = [line for line in readelf("--dyn-syms").splitlines()
                   if " UND " not in line and "postern" in line]
        self.assertEqual([], defined)

    def test_O6_every_source_was_compiled_with_the_options(self):
        """The compiler writes its options into the debug information, once for each set of them."""
        producers = re.findall(r"GNU C\+\+\d.*", readelf("--string-dump=.debug_str"))
        self.assertTrue(producers)
        options = ["-fstack-protector-strong", "-fstack-clash-protection",
                   "-ftrivial-auto-var-init=zero", "-fvisibility=hidden"]
        if IS_X86:
            options.append("-fcf-protection")
        for producer in producers:
            for option in options:
                self.assertIn(option, producer)

    @unittest.skipUnless(IS_X86, "indirect branches are marked in another way")
    def test_O6_indirect_branches_land_on_marks(self):
        code = subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", BINARY], check=True,
                              capture_output=True, text=True).stdout
        functions = len(re.findall(r"^[0-9a-f]+ <_ZN7postern", code, re.MULTILINE))
        self.assertGreater(functions, 1000)
        # Functions that are called directly alone have none.
        self.assertGreater(code.count("endbr64"), functions / 4)


if __name__ == "__main__":
    unittest.main()

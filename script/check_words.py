"""Keeps retired words out of the tree, in text and in names: one thing has one word. Prints every
breach; exit 1 on any.

A word that is right in some context has that context in ALLOWED; it is taken out of a line before the
line is searched.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The word as it is found, and what is written instead.
RETIRED = {
    r"letter": "email, message, mail job or mail row; dead letter stays",
    r"e-mail": "email",
    r"(?<![a-z])desk(?!top)": "dispatcher",
    r"(?<![a-z])lanes?(?![a-z])": "sender",
    r"in[ _]hands?(?![a-z])": "in flight",
    r"(?<![a-z])sakes?(?![a-z])": "item",
    r"prun(?:e|ing)": "remove, retention",
    r"purg(?:e|ing)": "remove, retention",
    r"housekeeping": "retention",
    r"(?<![a-z])for good(?![a-z])": "permanently",
    r"(?<![a-z])whoever(?![a-z])": "name the actor: a consumer, a caller, the person who",
    r"(?:no|some|any|every)body": "name the actor: a client, a process, the owner, a person",
    r"(?<![a-z])(?:un)?told(?![a-z])": "reported, returned, described",
    r"strangers?(?![a-z])": "others, third party",
    r"russian_keys": "keyboard_layout",
    r"(?<![a-z])bur(?:y|ied)(?![a-z])": "dead-letter",
    r"gauge(?=_\.hpp)|OutboxGauge": "OutboxDepth",
}
ALLOWED = re.compile(
    # Queues.
    r"dead[-_ ]?letter(?:s|ed|ing)?|DeadLetter"
    # RabbitMQ's own operation on a queue, in Python.
    r"|queue_purge|(?:broker|rabbitmq)\.purge\(\)|def purge\(self\)"
    # dpkg's word for removing a package together with its settings and data.
    r"|\bpurge\) |dpkg --purge|apt purge"
    # The alphabet, and the idiom.
    r"|letters, digits|letters and digits|with a letter: no IPv4|no letter outside ASCII"
    r"|reduce_to_letters|letters_of_any_script|letter-spacing|to the letter, without"
    # Argon2's degree of parallelism.
    r"|(?:recipe|cost|context)(?:\.|->)lanes|recipe\.lanes|passes, lanes|!lanes|\*lanes|auto lanes"
    r"|uint64_t lanes|kImportedArgon2Lanes|any lanes|several lanes|whatever the lanes|16 lanes"
    r"|one lane \(parallelism\)"
    # Anchors of headings.
    r"|the-mail-(?:queue|server)"
    r"|account_desk", re.IGNORECASE)
# What speaks of dead letters throughout, calls them letters; the check itself names all words.
LETTERS_ARE_DEAD = re.compile(r"dead_letters|dead_rows|admin/(?:queue_commands|operators_queue)")
SELF = "script/check_words.py"
BINARY = {".png", ".gz", ".ico"}


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout
    return [name for name in listed.split("\0")
            if name and name != SELF and pathlib.Path(name).suffix not in BINARY]


def breaches(name):
    lines = (ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate([name, *lines]):
        left = ALLOWED.sub("", line)
        for word, instead in RETIRED.items():
            if word == "letter" and LETTERS_ARE_DEAD.search(name):
                continue
            found = re.search(word, left, re.IGNORECASE)
            if found:
                yield f"{name}:{number}: \"{found.group()}\" is retired: {instead}"


def main():
    found = [breach for name in tracked() for breach in breaches(name)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

"""Writes the manual page or the bash completion of the program from its own help.

usage: command_reference.py man|bash PROGRAM

Both follow the commands by themselves, so no command is missing in them.
"""

import dataclasses
import re
import subprocess
import sys

NAME = "postern"
HEADING = re.compile(r"^(Options|Positionals|Subcommands|Examples):$", re.IGNORECASE)
# A name column, and a text that begins after two spaces or in a line of its own.
ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(?!-)(\S.*))?$")


@dataclasses.dataclass
class Command:
    path: list
    text: str
    usage: str
    options: list = dataclasses.field(default_factory=list)
    positionals: list = dataclasses.field(default_factory=list)
    subcommands: list = dataclasses.field(default_factory=list)
    examples: list = dataclasses.field(default_factory=list)
    children: list = dataclasses.field(default_factory=list)

    def flags(self):
        return [flag for head, _ in self.options
                for flag in re.findall(r"(?<!\S)--?[a-z][a-z-]*", head.replace(",", " "))]

    def all(self):
        yield self
        for child in self.children:
            yield from child.all()


def read_help(program, path):
    shown = subprocess.run([program, *path, "--help"], capture_output=True, text=True, check=True)
    lines = [line.rstrip() for line in shown.stdout.splitlines()]
    text = next(line for line in lines if line)
    usage = next(line for line in lines if line.lower().startswith("usage:"))
    command = Command(path, text, usage.split(":", 1)[1].strip())
    section = None
    for line in lines:
        heading = HEADING.match(line)
        if heading:
            section = getattr(command, heading[1].lower())
        elif line and not line.startswith(" "):
            section = None
        elif section is command.examples and section is not None and line:
            section.append(line.strip())
        elif section is not None and line:
            entry = ENTRY.match(line)
            if entry:
                head = re.sub(r" (Excludes|Needs):.*| TEXT REQUIRED| REQUIRED", "", entry[1])
                section.append([re.sub(r",\s*", ", ", head), entry[2] or ""])
            else:
                section[-1][1] = f"{section[-1][1]} {line.strip()}".strip()
    command.children = [read_help(program, [*path, name]) for name, _ in command.subcommands]
    return command


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith(".") else text


def bold(text):
    return f"\\fB{roff(text)}\\fP"


def man_options(entries):
    for head, text in entries:
        yield ".TP"
        yield bold(head)
        yield roff(text) or "\\&"


def man_command(command):
    yield f".SS {roff(' '.join([NAME, *command.path]))}"
    yield roff(command.text) + "."
    yield ".PP"
    yield bold(command.usage)
    own = [entry for entry in command.options if "--help" not in entry[0]]
    yield from man_options(command.positionals + own)


MAN_HEAD = r""".TH POSTERN 1 "" "{version}" "User Commands"
.SH NAME
postern \- account server that verifies people by email
.SH SYNOPSIS
.B postern
.I command
.RI [ options ]
.br
.B postern
.RB [ \-\-version | \-\-help ]
.SH DESCRIPTION
Postern registers, logs in and recovers accounts by email, for web pages, for apps and, as an OpenID
Connect provider, for other products.
.B postern run
is the whole server in one process.
.B postern app
and
.B postern worker
are its two halves, with a RabbitMQ broker between them.
.PP
Under systemd the services are
.BR postern.service ,
or
.B postern\-app.service
and
.BR postern\-worker.service .
None of them is enabled by the installation:
.PP
.RS
systemctl enable \-\-now postern
.RE
.PP
Commands for operators take their settings from the file
.I .env
of the working directory. Run them as the user of the service in its folder:
.PP
.RS
cd /var/lib/postern && runuser \-u postern \-\- postern check
.RE
.SH COMMANDS
"""

MAN_TAIL = r""".SH ENVIRONMENT
Each setting may be an environment variable, with or without the prefix POSTERN_. The environment
takes precedence over the file
.IR .env .
All settings, with their defaults, are in
.IR /usr/share/doc/postern/settings.env.gz .
.SH FILES
.TP
.I /etc/postern/postern.env
The settings of the services.
.TP
.I /var/lib/postern
The folder in which the services run.
.I .env
is a link to the settings;
.I data
has the SQLite database, and the key where SECRET_KEY is not set.
.TP
.I /usr/share/postern/templates/mail
The built\-in emails. Copy the files that you want to change into the folder of MAIL_TEMPLATES.
.SH EXIT STATUS
0: done. 1: failed, with the reason on standard error. 2: wrong usage.
.SH SEE ALSO
.BR systemctl (1),
.BR systemd.exec (5)
"""


def man_page(root, version):
    lines = []
    for command in root.all():
        if command is not root and not command.children:
            lines.extend(man_command(command))
    examples = [line for command in root.all() for line in command.examples]
    lines.append(".SH EXAMPLES")
    for example in dict.fromkeys(examples):
        lines += [".PP", ".RS", roff(example), ".RE"]
    return MAN_HEAD.replace("{version}", version) + "\n".join(lines) + "\n" + MAN_TAIL


def completion(root):
    commands = list(root.all())
    paths = "|".join(f"'{' '.join([NAME, *command.path])}'" for command in commands[1:])
    cases = "\n".join(
        f"    '{' '.join([NAME, *command.path])}') "
        f"words='{' '.join([name for name, _ in command.subcommands] + command.flags())}' ;;"
        for command in commands)
    return f"""# bash completion for {NAME}(1), made from the program's help.
_{NAME}() {{
  local path={NAME} word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$path $word" in
      {paths}) path="$path $word" ;;
    esac
  done
  case $path in
{cases}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -o default -F _{NAME} {NAME}
"""


def main(form, program):
    root = read_help(program, [])
    if form == "bash":
        print(completion(root), end="")
    else:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        print(man_page(root, " ".join(shown.stdout.split()[:2])), end="")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("man", "bash"):
        sys.exit(__doc__)
    main(*sys.argv[1:])

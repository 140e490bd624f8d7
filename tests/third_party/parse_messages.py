"""What Python's email package, a parser that is not ours, makes of messages.

Usage: parse_messages.py FOLDER: reads every *.eml in it and prints one JSON object, file name to
what was read.
"""

import email
import email.header
import email.policy
import email.utils
import json
import pathlib
import sys


def read_name(raw):
    """The newer parser keeps the blank between two encoded words, against RFC 2047, 6.2."""
    field = email.message_from_bytes(raw, policy=email.policy.compat32)["From"]
    name, _ = email.utils.parseaddr(field.replace("\r\n", ""))
    return str(email.header.make_header(email.header.decode_header(name)))


def read_message(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    sender = message["From"].addresses[0]
    parts = list(message.iter_parts())
    lines = raw.split(b"\r\n")
    everything = [message, *parts]
    header_defects = [d for m in everything for v in m.values() for d in v.defects]
    return {
        "subject": str(message["Subject"]),
        "from_name": read_name(raw),
        "from_address": sender.addr_spec,
        "to": [address.addr_spec for address in message["To"].addresses],
        "date": message["Date"].datetime.isoformat(),
        "headers": {name.lower(): str(value) for name, value in message.items()},
        "header_count": len(message.items()),
        "parts": [
            {
                "type": part.get_content_type(),
                "charset": part.get_content_charset(),
                "encoding": str(part["Content-Transfer-Encoding"]),
                "content": part.get_content().replace("\r\n", "\n"),
            }
            for part in parts
        ],
        "defects": [repr(d) for m in everything for d in m.defects]
        + [repr(d) for d in header_defects],
        "longest_line": max(len(line) for line in lines),
        "bare_line_ends": any(b"\r" in line or b"\n" in line for line in lines),
        "only_ascii": raw.isascii(),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    read = {path.name: read_message(path.read_bytes()) for path in sorted(folder.glob("*.eml"))}
    json.dump(read, sys.stdout)


main()

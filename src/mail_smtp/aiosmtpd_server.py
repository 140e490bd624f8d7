"""A foreign mail server for the tests: aiosmtpd on a free loopback port.

Usage: aiosmtpd_server.py CERTIFICATE KEY USER PASSWORD MECHANISM

STARTTLS is required before AUTH, AUTH before MAIL; only MECHANISM (PLAIN or LOGIN) is offered.
Prints JSON lines: first {"port": N}, then one for each mail, read by Python's own email parser.
Ends when its standard input does.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("unknown@"):
            return "550 5.1.1 <%s>: no such user" % address
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        leaves = [part for part in mail.walk() if not part.is_multipart()]
        parts = {leaf.get_content_type(): leaf.get_content() for leaf in leaves}
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            subject=mail["Subject"],
            message_id=mail["Message-ID"],
            text=parts.get("text/plain", "").replace("\r\n", "\n"),
            tls=session.ssl is not None,
            user=session.auth_data,
            defects=[str(d) for d in mail.defects],
        )
        return "250 2.0.0 kept"


def new_session(loop):
    certificate, key, user, password, mechanism = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def authenticate(server, session, envelope, kind, data):
        good = data.login == user.encode() and data.password == password.encode()
        return AuthResult(success=good, handled=False, auth_data=user if good else None)

    return SMTP(
        Mailbox(),
        hostname="mail.example.org",
        require_starttls=True,
        tls_context=context,
        auth_required=True,
        authenticator=authenticate,
        auth_exclude_mechanism=[{"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[mechanism]],
        loop=loop,
    )


def main():
    # It warns of its own use of deprecated names at every login.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    listening = loop.create_server(lambda: new_session(loop), "127.0.0.1", 0)
    server = loop.run_until_complete(listening)
    say(port=server.sockets[0].getsockname()[1])
    loop.run_until_complete(loop.run_in_executor(None, sys.stdin.read))


main()

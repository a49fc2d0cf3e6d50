"""A small SMTP server on loopback (RFC 5321), which can be told to misbehave at each point of the conversation."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


class MailServer:
    """`received`: the mails it said yes to, or took and hung up. What it does is in the fields, until `mend`."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.helped = 0
        self.mend()
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    _converse(server, self)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.05})

    def mend(self) -> None:
        self.greeting = "220 mail.example.com ready"
        self.rejects: dict[str, str] = {}  # recipient → answer to RCPT
        self.login = "235 welcome"
        self.answer = "250 taken"  # to the text of the mail
        self.accepts = True
        self.silent = threading.Event()  # set: the text of the mail is answered by nothing
        self.resets = False
        self.go_on = threading.Event()

    def __enter__(self) -> MailServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.go_on.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()


def _converse(server: MailServer, handler: socketserver.StreamRequestHandler) -> None:
    def say(line: str) -> None:
        handler.wfile.write(line.encode() + b"\r\n")

    say(server.greeting)
    recipients: list[str] = []
    while line := handler.rfile.readline().decode("utf-8", "replace").strip():
        word = line.upper().split(" ")[0]
        if word in ("EHLO", "HELO"):
            say("250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN")
        elif word == "AUTH":
            say(server.login)
        elif word == "RCPT":
            address = line.partition("<")[2].partition(">")[0]
            answer = server.rejects.get(address, "250 known")
            recipients += [address] if answer.startswith("2") else []
            say(answer)
        elif word == "DATA":
            say("354 go on")
            lines = []
            while (part := handler.rfile.readline()) not in (b".\r\n", b""):
                lines.append(part.removeprefix(b"."))
            if server.accepts:
                mail = message_from_bytes(b"".join(lines), policy=default)
                assert isinstance(mail, EmailMessage)
                server.received.append(mail)
                server.recipients.append(recipients)
            recipients = []
            if server.resets:
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                handler.connection.close()
                return
            if server.silent.is_set():
                server.go_on.wait(10)
                return
            say(server.answer)
        elif word == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")

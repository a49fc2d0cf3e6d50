"""Mail by SMTP. Apprise reads the address and builds the mail; the conversation is ours, for Apprise keeps what the
server answers to itself, and whether a refusal passes is all that matters to the outbox.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from typing import Any

from flows.channels.message import Limit, Message
from flows.channels.services import UNCLEAR, Service
from flows.channels.verdict import busy, one_line, refused
from flows.channels.wire import Secrets
from sources.errors import ChannelError


def send_mail(plugin: Any, service: Service, name: str, limit: Limit, secrets: Secrets, message: Message) -> None:
    """Return when the server took the mail for every recipient. Raises ChannelBusy, ChannelRefused.

    One mail a recipient of `to=`, over one connection. Refused for some only: ChannelRefused, so that ops hears of it
    and those who have it do not get it again.
    """
    done = 0
    try:
        with _connected(plugin) as server:
            for mail in _mails(plugin, limit, message):
                rejected = server.sendmail(plugin.from_addr[1], mail.to_addrs, mail.body)
                done += 1
                if rejected:
                    code, words = next(iter(rejected.values()))
                    raise _verdict(service, name, code, words, secrets, some=True)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise _verdict(service, name, code, words, secrets, some=done > 0) from None
    except smtplib.SMTPResponseException as error:
        raise _verdict(service, name, error.smtp_code, error.smtp_error, secrets, some=done > 0) from None
    except smtplib.SMTPNotSupportedError as error:
        raise refused(service, name, "", secrets.remove(str(error))) from None
    except (OSError, smtplib.SMTPException) as error:
        raise _trouble(service, name, plugin.smtp_host, error) from None


def _mails(plugin: Any, limit: Limit, message: Message) -> Iterator[Any]:
    """The mails as Apprise builds them; HTML has a plain part beside it."""
    from apprise import NotifyFormat

    body = limit.written(message.body)
    html = message.form == "mail"
    page = f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><p>{body}</p></body></html>'
    mails: Iterator[Any] = plugin.prepare_emails(
        subject=message.title,
        body=page if html else body,
        notify_format=NotifyFormat.HTML if html else NotifyFormat.TEXT,
        from_addr=plugin.from_addr,
        to=plugin.targets,
        cc=plugin.cc,
        bcc=plugin.bcc,
        reply_to=plugin.reply_to,
        smtp_host=plugin.smtp_host,
        headers={"X-Application": plugin.app_id, **_importance(message), **plugin.headers},
        names=plugin.names,
        pgp=plugin.pgp,
        pgp_mode=plugin.pgp_mode,
        inline=plugin.inline,
        tzinfo=plugin.tzinfo,
    )
    return mails


def _importance(message: Message) -> dict[str, str]:
    return {"Importance": "high", "X-Priority": "1"} if message.severity == "urgent" else {}


@contextlib.contextmanager
def _connected(plugin: Any) -> Iterator[smtplib.SMTP]:
    """A connection that is logged in. The goodbye is a courtesy: a mail that was taken stays taken without it."""
    context = ssl.create_default_context()
    if not plugin.verify_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    timeout = plugin.socket_connect_timeout
    server: smtplib.SMTP
    if plugin.secure_mode == "ssl":
        server = smtplib.SMTP_SSL(plugin.smtp_host, plugin.port, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(plugin.smtp_host, plugin.port, timeout=timeout)
    try:
        if plugin.secure_mode == "starttls":
            server.starttls(context=context)
        if server.sock is not None:
            server.sock.settimeout(plugin.socket_read_timeout)
        if plugin.user and plugin.password:
            server.login(plugin.user, plugin.password)
        yield server
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if server.sock is not None:
                server.sock.settimeout(timeout)
            server.quit()
        server.close()


def _verdict(
    service: Service, name: str, code: int, words: bytes | str, secrets: Secrets, *, some: bool
) -> ChannelError:
    """RFC 5321: 4xx passes, 5xx does not. Something that is no code at all says neither yes nor no."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    said = secrets.remove(one_line(text))
    if some:
        return refused(service, name, str(code), said, "some recipients have the mail; retry sends to all of them")
    if 400 <= code < 500:
        return busy(service, name, str(code), said, None)
    if code < 200:
        return busy(service, name, UNCLEAR, said or "the server's answer is none", None)
    return refused(service, name, str(code), said)


def _trouble(service: Service, name: str, host: str, error: Exception) -> ChannelError:
    if isinstance(error, ssl.SSLError):
        return busy(service, name, "", f"no trusted TLS connection to {host}", None)
    # smtplib says of a server that is silent that it hung up; the reason is behind that.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return busy(service, name, "", f"no answer from {host} in time; the message may have arrived", None)
    return busy(service, name, "", f"the connection to {host} failed or broke off", None)

"""The `tanma` command: its words and options. Each command imports what it needs when it is called."""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from flows import cli_search
from flows.cli_alerts import alerts_app
from flows.cli_articles import articles_app
from flows.cli_export import register as register_export
from flows.cli_keep import register as register_keep
from flows.cli_look import register as register_look
from flows.cli_options import TANMA_YAML, AsJson, ConfigFile
from sources.errors import TanmaError

app = typer.Typer(
    name="tanma",
    help="Tanma (探马): reads the outlets you name and tells your chat channels when tracked names appear.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # drawing the help with rich costs a quarter of a second of imports
    pretty_exceptions_enable=False,
)
channels_app = typer.Typer(help="Where messages go.", no_args_is_help=True)
sources_app = typer.Typer(help="Where articles come from.", no_args_is_help=True)
watch_app = typer.Typer(help="The tracked names: edits watchlist.yaml.", no_args_is_help=True)
app.add_typer(alerts_app, name="alerts")
app.add_typer(articles_app, name="articles")
app.add_typer(channels_app, name="channels")
app.add_typer(sources_app, name="sources")
app.add_typer(watch_app, name="watch")

STOPPED = 130  # what typer makes of a KeyboardInterrupt


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write the two files.")] = Path(),
) -> None:
    """Write a tanma.yaml and a watchlist.yaml to start from."""
    from flows.commands.setup import init_folder

    init_folder(folder)


@app.command()
def check(config: ConfigFile = TANMA_YAML, as_json: AsJson = False) -> None:
    """Say what is wrong or risky in both files."""
    from flows.commands.setup import check_files

    check_files(config, as_json=as_json)


@app.command()
def run(
    config: ConfigFile = TANMA_YAML,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be given several times.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Against a small copy of the outlets on this machine, in ./tanma-demo.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """One pass now: collect, scan, deliver."""
    from flows.commands.run import run_command

    run_command(config, source or None, demo=demo, as_json=as_json)


@app.command()
def serve(
    config: ConfigFile = TANMA_YAML,
    port: Annotated[int, typer.Option(help="Port of the Prefect server.")] = 4200,
    host: Annotated[
        str, typer.Option(help="Where it listens; it asks nobody who they are (deployments/docs/security.md).")
    ] = "127.0.0.1",
) -> None:
    """Schedules, Prefect server with its UI, and runner."""
    from flows.forkserver import without_threads

    with without_threads():
        from flows.commands.run import serve_command

    serve_command(config, port, host)


@app.command(name="import")
def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of files.")],
    outlet: Annotated[str, typer.Option(help="Overrides what the pages say of themselves.")] = "",
    at: Annotated[str, typer.Option(metavar="TIME", help="When the dump was taken (default: the file's time).")] = "",
    alert: Annotated[bool, typer.Option("--alert", help="Alert, however old the articles are.")] = False,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Load saved pages, feeds and text dumps."""
    from flows.commands.load import import_command

    import_command(config, paths, outlet=outlet, at=at, alert=alert, as_json=as_json)


@app.command()
def rescan(
    since: Annotated[
        str, typer.Option(metavar="SPAN", help="Only articles first seen or published since then, as 30d.")
    ] = "",
    alert: Annotated[bool, typer.Option("--alert", help="Alert, however old the articles are.")] = False,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Scan stored articles anew, after the watchlist changed."""
    from flows.commands.rescan import rescan_command

    rescan_command(config, since=since, alert=alert, as_json=as_json)


@app.command()
def sql(
    query: Annotated[str | None, typer.Argument(help="One statement; none: an interactive prompt.")] = None,
    format: Annotated[str, typer.Option(help="table, csv, json or parquet (default: as FILE ends, else table).")] = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the answer there, whole or not at all. --json: FILE ends in .json."),
    ] = None,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Read-only SQL on the published file."""
    from flows.commands.sql import sql_command

    sql_command(config, query, format, out, as_json=as_json)


cli_search.add_to(app)


@app.command()
def explain(
    what: Annotated[str, typer.Argument(metavar="FILE|URL|-", help="A saved page or text, an address, or stdin.")],
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Which tracked names a text holds, and why."""
    from flows.commands.ask import explain_command

    explain_command(config, what, as_json=as_json)


@channels_app.command("list")
def channels_list(config: ConfigFile = TANMA_YAML, as_json: AsJson = False) -> None:
    """The configured channels, secrets hidden."""
    from flows.commands.channels import list_command

    list_command(config, as_json=as_json)


@channels_app.command("test")
def channels_test(
    name: Annotated[list[str] | None, typer.Argument(help="Only these channels.")] = None,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Send a test message to each channel and say what the service answered."""
    from flows.commands.channels import test_command

    test_command(config, name or None, as_json=as_json)


@sources_app.command("list")
def sources_list(config: ConfigFile = TANMA_YAML, as_json: AsJson = False) -> None:
    """Each source with its last success, its yield, its health."""
    from flows.commands.sources import list_command

    list_command(config, as_json=as_json)


@sources_app.command("check")
def sources_check(
    source: Annotated[list[str] | None, typer.Argument(help="Only these sources.")] = None,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Read each source's lists and one article now, store nothing, say what came."""
    from flows.commands.sources import check_command

    check_command(config, source or None, as_json=as_json)


@sources_app.command("new")
def sources_new(
    name: Annotated[str, typer.Argument(help="What stands after `use` in tanma.yaml.")],
    into: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to write it (default: tanma-NAME).")] = None,
) -> None:
    """Write the skeleton of a package that adds an outlet."""
    from flows.commands.newsource import new_command

    new_command(name, into)


@sources_app.command("record")
def sources_record(
    urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Pages of one case, or its lists.")],
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of the case (default: tests/fixtures/HOST).")
    ] = None,
    is_list: Annotated[bool, typer.Option("--list", help="They are lists, not articles.")] = False,
    post: Annotated[str, typer.Option(metavar="JSON", help="Send this, for lists that want it.")] = "",
    config: ConfigFile = TANMA_YAML,
) -> None:
    """Save pages as a fixture whose expectations a person fills in."""
    from flows.commands.record import record_command

    record_command(config, urls, into, is_list=is_list, post=post, required=config != TANMA_YAML)


@sources_app.command("replay")
def sources_replay(
    source: Annotated[list[str] | None, typer.Argument(help="Only these sources.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read.")] = False,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Read the pages that were kept because they could not be read, with today's parsers."""
    from flows.commands.replay import replay_command

    replay_command(config, source or None, dry_run=dry_run, as_json=as_json)


@watch_app.command("list")
def watch_list(config: ConfigFile = TANMA_YAML, as_json: AsJson = False) -> None:
    """The tracked names with their keys."""
    from flows.commands.watch import list_command

    list_command(config, as_json=as_json)


@watch_app.command("add")
def watch_add(
    name: Annotated[str, typer.Argument()],
    kind: Annotated[str, typer.Option(help="person, company, product or organization.")] = "company",
    alias: Annotated[list[str] | None, typer.Option(help="Another form; may be given several times.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group; may be given several times.")] = None,
    context: Annotated[list[str] | None, typer.Option(help="A word near which an ordinary word is this name.")] = None,
    never: Annotated[list[str] | None, typer.Option("--not", help="A word inside which it does not count.")] = None,
    sound: Annotated[bool, typer.Option("--sound/--no-sound", help="Whether what sounds like it may count.")] = True,
    config: ConfigFile = TANMA_YAML,
) -> None:
    """Track a name."""
    from flows.commands.watch import add_command

    add_command(config, kind, name, alias or [], group or [], context=context or [], never=never or [], sound=sound)


@watch_app.command("remove")
def watch_remove(name: Annotated[str, typer.Argument()], config: ConfigFile = TANMA_YAML) -> None:
    """Track a name no longer; what was found stays in the warehouse."""
    from flows.commands.watch import remove_command

    remove_command(config, name)


@watch_app.command("test")
def watch_test(
    name: Annotated[str, typer.Argument(help="A name of the watchlist, or one that is to go into it.")],
    since: Annotated[str, typer.Option(metavar="SPAN", help="How far back, as 30d.")] = "90d",
    kind: Annotated[str, typer.Option(help="person, company, product or organization; of a new name.")] = "",
    alias: Annotated[list[str] | None, typer.Option(help="In place of its aliases; several times.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="In place of its groups; several times.")] = None,
    context: Annotated[list[str] | None, typer.Option(help="In place of its context; several times.")] = None,
    never: Annotated[list[str] | None, typer.Option("--not", help="In place of its `not`; several times.")] = None,
    sound: Annotated[bool | None, typer.Option("--sound/--no-sound", help="In place of its `sound`.")] = None,
    config: ConfigFile = TANMA_YAML,
    as_json: AsJson = False,
) -> None:
    """Try a name on the stored articles before it goes live: what it would find, reject and cost."""
    from flows.backtest import Trial
    from flows.commands.watchtest import test_command

    trial = Trial(name, kind, alias or [], group or [], context or [], never or [], sound)
    test_command(config, trial, since=since, as_json=as_json)


@watch_app.command("import")
def watch_import(
    csv: Annotated[Path, typer.Argument(help="Columns kind, name, aliases (split by |), groups.")],
    config: ConfigFile = TANMA_YAML,
) -> None:
    """Add the names of a CSV file."""
    from flows.commands.watch import import_command

    import_command(config, csv)


register_keep(app)
register_export(app)
register_look(app)


@app.callback(invoke_without_command=True)
def version_option(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Tanma (探马): reads the outlets you name and tells your chat channels when tracked names appear."""
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"tanma {version_of('tanma')}")
        raise typer.Exit


def main() -> None:
    """Entry point. Exit codes: design §5 and README; each error of ours knows its own."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow locale shows ?, and does not end the command
    # Like Ctrl-C, which asyncio turns into an orderly end of the run; `tanma serve` sets its own.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        app()
    except TanmaError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == STOPPED:
            typer.echo("stopped; what was stored is kept, the next run goes on from there", err=True)
        raise
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has what it wanted
        sys.exit(0)
    except OSError as error:
        if error.strerror is None:
            raise
        typer.echo(f"{error.filename or 'standard output'}: {error.strerror}", err=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - the last resort: a word to the user, the trace to a file
        typer.echo(f"internal error: {type(error).__name__}; the trace is in {_keep_trace()}", err=True)
        sys.exit(4)


def _keep_trace() -> Path:
    # Local variables are not written: they may hold secrets.
    handle, place = tempfile.mkstemp(prefix="tanma-error-", suffix=".log")
    os.close(handle)
    Path(place).write_text(traceback.format_exc(), "utf-8")
    return Path(place)


if __name__ == "__main__":
    main()

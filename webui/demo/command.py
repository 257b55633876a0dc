"""`vigcam demo`: the whole job on a laptop with a throw-away box. Parses what was asked, plays it; 0 only if all worked."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from webui.demo.account import Account, Teller, show
from webui.demo.film import seconds_to_film
from webui.demo.folders import choose_folders
from webui.demo.front_panel import FrontPanel
from webui.demo.interrupt import ended_by_signals
from webui.demo.laptop import Laptop
from webui.demo.story import Story
from webui.demo.trouble import DemoFailed, DemoMisused


@click.command()
@click.option("--video", type=click.Path(path_type=Path), help="A film file that the simulated camera plays, with its sound.")
@click.option("--seconds", type=click.FloatRange(min=1), help="How long to film (default: 6; with --video its length up to 30).")
@click.option("--exit", "ending", flag_value="exit", default=None, help="End afterwards, at a terminal too.")
@click.option(
    "--json", "telling", flag_value="json", default=None, help="One JSON object on stdout's last line; all else on stderr."
)
@click.option("--dir", "box", type=click.Path(path_type=Path), help="The box's folder, made here (default: a fresh one).")
@click.option("--out", type=click.Path(path_type=Path), help="Where the laptop keeps what it takes over (default: BOX-transfer).")
def demo(
    *, video: Path | None, seconds: float | None, ending: str | None, telling: str | None, box: Path | None, out: Path | None
) -> None:
    """Do the whole job for real on this laptop: consent, button, sealed recording, transfer."""
    console = Console(stderr=telling == "json", markup=False, emoji=False, highlight=False)
    try:
        film_s = seconds_to_film(video, seconds)
        folders = choose_folders(box, out)
        stays = ending is None and sys.stdin.isatty() and sys.stdout.isatty()
        with ended_by_signals():
            story = Story(folders, None if video is None else video.absolute(), film_s, Teller(console))
            account = _play_and_stay(story, console) if stays else _play(story, console)
    except DemoMisused as misused:
        raise click.UsageError(str(misused)) from misused
    except DemoFailed as failed:
        raise click.ClickException(str(failed)) from failed
    except KeyboardInterrupt:
        console.print("Ended: whatever was being filmed is sealed in the box.")
        sys.exit(1)
    console.print(f"The box stays in {folders.box}: `.venv/bin/vigcam run --dir {folders.box}` starts it again.", soft_wrap=True)
    if telling == "json":
        click.echo(account.to_json())


def _play(story: Story, console: Console) -> Account:
    box, processes = story.provision()
    with processes:
        account = story.play(box, processes)
        show(account, console)
        return account


def _play_and_stay(story: Story, console: Console) -> Account:
    """As `_play`; then the box stays on, with this terminal as its front panel, until somebody quits."""
    box, processes = story.provision()
    with processes:
        account = story.play(box, processes)
        show(account, console)
        panel = FrontPanel(Laptop(account.base_url, Path(account.ca_cert)), processes, account.base_url, console)
        panel.run((account.username, account.passphrase))
        return account

"""The terminal as the front panel of a box on simulated hardware: lamps and tones drawn live, keys for the two buttons.

Keys press through the finger's pipe; the lamps come from the page's live state, as the box tells them. A terminal has no key-up:
a short press and a hold are two keys.
"""

from __future__ import annotations

import sys
import threading
import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from webui.demo.finger import OFF_HOLD_S
from webui.demo.keys import Keys
from webui.demo.lamp_drawing import is_lit
from webui.demo.laptop import Laptop, Reply
from webui.demo.processes import BoxProcesses
from webui.demo.trouble import DemoFailed

_DRAW_S = 0.08
_ASK_EACH = 4
"""The box is asked at every fourth drawing."""

_HELP = "space  press    h  hold (films when armed)    s  5 s hold (switches off when idle)    m  mark    q  quit"
_TONE_SHOWN_S = 1.5


class _Lamp:
    """One lamp: its pattern, and since when."""

    def __init__(self, name: str, style: str) -> None:
        self._name = name
        self._style = style
        self._pattern = "off"
        self._since = time.monotonic()

    def set(self, pattern: str) -> None:
        if pattern != self._pattern:
            self._pattern, self._since = pattern, time.monotonic()

    def draw(self) -> Text:
        lit = is_lit(self._pattern, int((time.monotonic() - self._since) * 1000))
        return Text.assemble(("●" if lit else "○", self._style if lit else "dim"), f" {self._name}  ", (self._pattern, "dim"))


class FrontPanel:
    """Draws on `console` until `q`, Ctrl-C, or the box is switched off."""

    def __init__(self, laptop: Laptop, processes: BoxProcesses, base_url: str, console: Console) -> None:
        self._laptop = laptop
        self._processes = processes
        self._base_url = base_url
        self._console = console
        self._tally = _Lamp("CAMERA ON", "bold red")
        self._ready = _Lamp("ready", "bold white")
        self._state = "…"
        self._detail = ""
        self._tone = ""
        self._tones = -1
        self._tone_until = 0.0

    def run(self, sign_in: tuple[str, str] | None = None) -> None:
        """`sign_in` is user name and passphrase to show, where they are known. Raises DemoFailed if a process ends by itself."""
        turn = 0
        with Keys(sys.stdin.fileno()) as keys, Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                if turn % _ASK_EACH == 0:
                    if self._processes.is_off:
                        return
                    self._processes.check()
                    self._ask()
                live.update(self._draw(sign_in), refresh=True)
                turn += 1
                if not self._act(keys.next(_DRAW_S)):
                    return

    def _act(self, key: str | None) -> bool:
        finger = self._processes.finger
        match key:
            case " ":
                threading.Thread(target=finger.press, daemon=True).start()  # the drawing goes on while the finger is down
            case "h":
                threading.Thread(target=finger.hold, daemon=True).start()
            case "s":
                threading.Thread(target=finger.press, args=(OFF_HOLD_S,), daemon=True).start()
            case "m":
                finger.mark()
            case "q":
                return False
            case _:
                pass
        return True

    def _ask(self) -> None:
        try:
            self._take(self._laptop.get("/live", {"Accept": "application/json"}))
        except DemoFailed as failed:
            self._state, self._detail = "no answer", str(failed)

    def _take(self, now: Reply) -> None:
        self._tally.set(now.text("tally"))
        self._ready.set(now.text("ready"))
        self._state = now.text("state")
        waiting = now.text("waiting_for_press")
        self._detail = {"sign_in": "a sign-in waits for a press", "erase": "an erasure waits for a press"}.get(waiting, "")
        if self._state == "recording":
            self._detail = f"{now.number('filmed_s'):.0f} s filmed"
        elif self._state == "faulted":
            self._detail = now.text("fault")
        elif self._state == "armed":
            self._detail = f"{now.text('armed_case')}, {now.number('lease_left_s') / 60:.0f} min left: hold to film"
        tones = int(now.number("tone_count"))
        if tones != self._tones and self._tones >= 0:
            self._tone, self._tone_until = now.text("tone"), time.monotonic() + _TONE_SHOWN_S
        self._tones = tones

    def _draw(self, sign_in: tuple[str, str] | None) -> RenderableType:
        tone = f"♪ {self._tone}" if time.monotonic() < self._tone_until else ""
        lamps = Table.grid(padding=(0, 4))
        lamps.add_row(self._tally.draw(), self._ready.draw(), Text(tone, style="yellow"))
        lines: list[RenderableType] = [lamps, Text.assemble((self._state.upper(), "bold"), f"  {self._detail}"), Text()]
        lines.append(Text(f"page  {self._base_url}"))
        if sign_in is not None:
            lines.append(Text(f"sign in as  {sign_in[0]}  with  {sign_in[1]}"))
        lines.append(Text(_HELP, style="dim"))
        return Panel(Group(*lines), title="the box's front panel", title_align="left")

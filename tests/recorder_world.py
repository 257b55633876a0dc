"""A world of plain flags around the pure recorder: carries its orders out at once, and watches lamp and sensor while it does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from capture.model import ArmMode, StopReason
from capture.recorder.effects import (
    Abandon,
    CloseSensor,
    ConfirmAsk,
    DarkenTally,
    Effect,
    End,
    LightTally,
    Log,
    OpenSensor,
    Play,
    Prepare,
    RefuseAsk,
    SealTake,
)
from capture.recorder.model import (
    NS,
    ArmGranted,
    Ask,
    Asked,
    AskKind,
    Booted,
    ButtonDown,
    ButtonUp,
    CameraFailed,
    Event,
    LampFailed,
    Leave,
    Phase,
    Sealed,
    SensorOpened,
    State,
    TakeReady,
    TallyLit,
    Tick,
)
from capture.recorder.step import step


@dataclass
class World:
    """`prepares`, `seals`: whether the workers answer at once. `is_lamp_good`, `is_camera_good`: whether hardware obeys."""

    state: State = field(default_factory=State)
    now: int = 100 * NS
    is_tally_lit: bool = False
    is_sensor_on: bool = False
    is_lamp_good: bool = True
    is_camera_good: bool = True
    prepares: bool = True
    seals: bool = True
    delivers_frames: bool = True
    done: list[Effect] = field(default_factory=list)
    arming: int = 0

    def send(self, event: Event) -> None:
        queue = [event]
        while queue:
            self.state, effects = step(self.state, queue.pop(0))
            for effect in effects:
                queue += self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> list[Event]:
        self.done.append(effect)
        match effect:
            case LightTally():
                self.is_tally_lit = self.is_lamp_good
                if not self.is_lamp_good:
                    return [LampFailed(self.now)]
                return [TallyLit(self.now)] if self.state.phase is Phase.LIGHTING else []
            case DarkenTally():
                assert not self.is_sensor_on, "the lamp went dark before the sensor"
                self.is_tally_lit = False
            case OpenSensor():
                assert self.is_tally_lit, "the sensor opened in the dark"
                if not self.is_camera_good:
                    return [CameraFailed(self.now, "camera_unavailable")]
                self.is_sensor_on = True
                return [SensorOpened(self.now)]
            case CloseSensor():
                self.is_sensor_on = False
            case Prepare(take):
                return [TakeReady(self.now, take)] if self.prepares else []
            case SealTake():
                return [Sealed(self.now)] if self.seals else []
        return []

    def wait(self, seconds: float) -> None:
        """Time passes, looked at every quarter of a second."""
        end = self.now + round(seconds * NS)
        while self.now < end:
            self.now = min(end, self.now + NS // 4)
            self.send(Tick(self.now, self.now if self.is_sensor_on and self.delivers_frames else 0))

    def boot(self, *, held: bool = False) -> World:
        self.send(Booted(self.now, held))
        return self

    def arm(self, mode: ArmMode = ArmMode.FILM, lease_s: float = 10_800) -> World:
        self.arming += 1
        self.send(ArmGranted(self.now, Leave(f"arm-{self.arming}", mode, self.now + round(lease_s * NS))))
        return self

    def down(self) -> World:
        self.send(ButtonDown(self.now))
        return self

    def up(self) -> World:
        self.send(ButtonUp(self.now))
        return self

    def press(self, seconds: float = 0.2) -> World:
        self.down().wait(seconds)
        return self.up()

    def film(self) -> World:
        """Boot, arm, hold: ends Recording (or Framing) with the button released."""
        self.boot().arm().wait(1)
        return self.press(1.2)

    def ask(self, ask_id: str, kind: AskKind = AskKind.SIGN_IN) -> World:
        self.send(Asked(self.now, Ask(ask_id, kind, self.now + 60 * NS)))
        return self

    def stops(self) -> list[StopReason]:
        return [effect.reason for effect in self.done if isinstance(effect, SealTake)]

    def tones(self) -> list[str]:
        return [effect.tone.value for effect in self.done if isinstance(effect, Play)]

    def logged(self) -> list[str]:
        return [effect.event.value for effect in self.done if isinstance(effect, Log)]

    def codes(self) -> list[tuple[str, str]]:
        """The logged lines that say why, with what they say."""
        return [(effect.event.value, effect.code) for effect in self.done if isinstance(effect, Log) and effect.code]

    def confirmed(self) -> list[str]:
        return [effect.ask.ask_id for effect in self.done if isinstance(effect, ConfirmAsk)]

    def refused(self) -> list[tuple[str, str]]:
        return [(effect.ask.ask_id, effect.outcome.value) for effect in self.done if isinstance(effect, RefuseAsk)]

    def ended(self) -> list[End]:
        return [effect for effect in self.done if isinstance(effect, End)]

    def abandoned(self) -> list[int]:
        return [effect.take for effect in self.done if isinstance(effect, Abandon)]

    def fast(self, **limits: int) -> World:
        self.state = replace(self.state, limits=replace(self.state.limits, **limits))
        return self

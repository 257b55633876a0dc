"""The whole job in order, each step told as it succeeds. Whoever calls it ends the processes."""

from __future__ import annotations

from pathlib import Path

from webui.demo.account import Account, Teller
from webui.demo.box import DemoBox, keyring_path, provision, take_ca_certificate
from webui.demo.checks import Seen, check_scene, compare_with_manifest, look_at, read_manifest, unseal_again, verify_audit
from webui.demo.filming import Filmed, Filming
from webui.demo.folders import Folders
from webui.demo.laptop import Laptop
from webui.demo.processes import BoxProcesses
from webui.demo.takeover import TakenRecording, Takeover
from webui.demo.visit import Family, Practitioner, Visit
from webui.demo.waiting import wait_for


class Story:
    """One visit with one throw-away box. `video` is the film that the simulated camera plays, or None for the drawn scene."""

    def __init__(self, folders: Folders, video: Path | None, seconds: float, teller: Teller) -> None:
        self._folders = folders
        self._video = video
        self._seconds = seconds
        self._teller = teller

    def provision(self) -> tuple[DemoBox, BoxProcesses]:
        """The box as it comes to the practitioner, switched off. Raises DemoFailed."""
        box = provision(self._folders)
        self._teller.step(f"Provisioned {box.box_id} in {self._folders.box}, sealed to a recovery key kept at the laptop")
        words = self._folders.out / "log"
        words.mkdir(mode=0o700)
        return box, BoxProcesses(self._folders.wiring(box.port), self._video, words)

    def play(self, box: DemoBox, processes: BoxProcesses) -> Account:
        """From power-on to a verified transfer. Raises DemoFailed."""
        ca_cert = take_ca_certificate(self._folders, box)
        laptop = Laptop(box.base_url, ca_cert)
        visit = Visit(laptop, processes.finger, processes.check)
        practitioner = self._enrol(box, processes, laptop, visit)
        family = self._prepare(visit, practitioner)
        filmed = self._film(laptop, processes)
        taken = self._take_over(laptop, filmed)
        seen = self._look(taken)
        return self._account(
            box=box, ca_cert=ca_cert, practitioner=practitioner, family=family, filmed=filmed, taken=taken, seen=seen
        )

    def _enrol(self, box: DemoBox, processes: BoxProcesses, laptop: Laptop, visit: Visit) -> Practitioner:
        processes.finger.down()  # held through power-on: only a hand at the box opens the enrolment window
        processes.power_on()
        processes.start_web()
        visit.wait_for_page()
        wait_for("the enrolment window", lambda: laptop.get("/live").values().get("is_enrolment_open") or None, processes.check)
        processes.finger.up()
        self._teller.step(f"Two processes run: capture daemon and web server; the page is {box.base_url}")
        practitioner = visit.enrol(box.setup_code)
        self._teller.step(f"Enrolled {practitioner.username} in the enrolment window (button held through power-on, set-up code)")
        return practitioner

    def _prepare(self, visit: Visit, practitioner: Practitioner) -> Family:
        visit.sign_in(practitioner)
        visit.offer_clock()
        self._teller.step("Signed in over HTTPS: six words, then a press at the box")
        family = visit.open_case()
        visit.consent(family, ["film", "practitioner_review"])
        self._teller.step(f"Opened case {family.case} with Adult A and Child A, recorded their consents")
        visit.arm(family)
        self._teller.step("Armed: the consents of everybody present hold; the sensor is still off")
        return family

    def _film(self, laptop: Laptop, processes: BoxProcesses) -> Filmed:
        filmed = Filming(laptop, processes.finger, processes.check, self._teller.filming).film(self._seconds)
        self._teller.step(
            f"Held the button, filmed with the tally lamp {filmed.tally_while_filming}, marked a moment, pressed to stop"
        )
        return filmed

    def _take_over(self, laptop: Laptop, filmed: Filmed) -> TakenRecording:
        taken = Takeover(laptop, self._folders.out).take(filmed.recording_id)
        self._teller.step(
            f"Took the film over in {taken.mp4.requests} ranges (one broken off and resumed); both ends' hashes agree"
        )
        return taken

    def _look(self, taken: TakenRecording) -> Seen:
        seen = look_at(taken.mp4.path)
        self._teller.step(f"Decoded all {seen.frames} pictures of it")
        return seen

    def _account(
        self,
        *,
        box: DemoBox,
        ca_cert: Path,
        practitioner: Practitioner,
        family: Family,
        filmed: Filmed,
        taken: TakenRecording,
        seen: Seen,
    ) -> Account:
        folders = self._folders
        manifest = read_manifest(folders.box, filmed.recording_id)
        compare_with_manifest(taken, manifest, seen)
        if self._video is None:
            check_scene(seen, manifest)
        keyring = keyring_path(folders, practitioner.username)
        unseal_again(taken, keyring, practitioner.passphrase, folders.out)
        self._teller.step("Unsealed the sealed file a second way, away from box and page: the same film")
        verify_audit(folders.box)
        self._teller.step("Verified the box's log: chain, signatures, manifest")
        return Account(
            base_url=box.base_url,
            ca_cert=str(ca_cert),
            username=practitioner.username,
            passphrase=practitioner.passphrase,
            box_dir=str(folders.box),
            out_dir=str(folders.out),
            box_id=box.box_id,
            setup_code=box.setup_code,
            case=family.case,
            recording_id=filmed.recording_id,
            sealed_path=str(folders.box / "vault" / f"{filmed.recording_id}.mp4.age"),
            sealed_copy_path=str(taken.sealed.path),
            sealed_sha256=taken.sealed.sha256,
            sealed_bytes=taken.sealed.size,
            keyring_path=str(keyring),
            recovery_identity_path=str(folders.recovery_identity),
            recovery_fingerprint=box.recovery_fingerprint,
            ca_fingerprint=box.ca_fingerprint,
            mp4_path=str(taken.mp4.path),
            mp4_sha256=taken.mp4.sha256,
            mp4_bytes=taken.mp4.size,
            range_requests=taken.mp4.requests,
            width=seen.width,
            height=seen.height,
            has_sound=seen.has_sound,
            frames_generated=manifest.frames_generated,
            frames_kept=manifest.frames_kept,
            frames_dropped=manifest.frames_dropped,
            frames_decoded=seen.frames,
            seconds=manifest.duration_ms / 1000,
            av_offset_ms=seen.av_offset_ms,
            marked=taken.marked,
            stop_reason=manifest.stop_reason.value,
            longest_sync_ms=manifest.longest_sync_ms,
        )

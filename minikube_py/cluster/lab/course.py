"""Course: the verbs of `minikube-py lab`, as what they do to the session, the world and the progress.

`start` -> the session is `building` while machines are made, then `ready` at a step -> `check` passes it on to the next
one -> ... -> `stop`. A command that was killed leaves `building`, and the next `start` builds again; it is told apart
from a world that is as it should be by that word alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from minikube_py.cluster.lab.judgement import Missing, fitting, judge
from minikube_py.cluster.lab.lab import Hint, Lab, Step
from minikube_py.cluster.lab.lab_folder import find_lab
from minikube_py.cluster.lab.needs import check_needs
from minikube_py.cluster.lab.session import LabFiles, Session
from minikube_py.cluster.lab.world import ActionFailed, World
from minikube_py.errors import ConfigError

Say = Callable[[str], None]
_SOLVED_S = 60.0
_QUICKLY_SOLVED_S = 20.0
"""Where the learner has done something already, which may stand in the way."""
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one look at the present step: `missing` is None when it is done, and `step` then is the one after it."""

    lab: Lab
    looked_at: int
    missing: Missing | None

    @property
    def step(self) -> Step:
        return self.lab.steps[self.looked_at]

    @property
    def is_last(self) -> bool:
        return self.looked_at + 1 == len(self.lab.steps)


class Course:
    def __init__(self, say: Say = print) -> None:
        self.files = LabFiles()
        self._say = say
        self._worlds: dict[str, World] = {}

    def lab(self) -> tuple[Lab, Session]:
        """What is under way. Raises: ConfigError when nothing is."""
        session = self.files.session()
        if session is None:
            raise ConfigError(
                "no lab is under way; minikube-py lab list shows them, minikube-py lab start N begins one"
            )
        return find_lab(session.lab), session

    def world(self, lab: Lab) -> World:
        if lab.name not in self._worlds:
            self._worlds[lab.name] = World(self.files.world, lab.machines)
        return self._worlds[lab.name]

    def running(self) -> tuple[Lab, Session, World]:
        """Raises: ConfigError when its machines are not there."""
        lab, session = self.lab()
        world = self.world(lab)
        if session.phase != "ready" or not world.is_running():
            raise ConfigError(
                f"the machines of lab {lab.number} are not there; build them: minikube-py lab start {lab.number}"
            )
        return lab, session, world

    def start(self, wanted: str) -> bool:
        """Begin a lab, or go on with it where it was; True when it goes on. Raises: MinikubeError."""
        lab = find_lab(wanted)
        with self.files.alone():
            session = self.files.session()
            if session is not None and session.lab != lab.name:
                raise ConfigError(
                    f"lab {session.lab} is under way, and there is one at a time: "
                    f"minikube-py lab stop ends it, minikube-py lab start {session.lab[:2]} goes on with it"
                )
            check_needs(lab)
            if session is not None and session.phase == "ready" and self.world(lab).is_running():
                return True
            progress = self.files.progress(lab.name)
            if session is None:
                self.files.set_progress(lab.name, replace(progress, started=time.time(), finished=0.0))
            self._build(lab, session or Session(lab.name))
            return session is not None

    def goto(self, wanted: str = "") -> Lab:
        """Build the state at the beginning of a step, by default of the present one. Raises: MinikubeError."""
        with self.files.alone():
            lab, session = self.lab()
            index = lab.index_of(wanted) if wanted else min(session.step, len(lab.steps) - 1)
            if index is None:
                known = ", ".join(f"{number} {step.id}" for number, step in enumerate(lab.steps, 1))
                raise ConfigError(f'lab {lab.number} has no step "{wanted}"; steps: {known}')
            check_needs(lab)
            self._build(lab, Session(lab.name, index))
            return lab

    def _build(self, lab: Lab, session: Session) -> None:
        self.files.set_session(session.at(session.step))
        world = self.world(lab)
        world.build(lab, self.files.images)
        world.carry_out(lab.setup, _silent)
        for step in lab.steps[: session.step]:
            world.carry_out(step.solution, _silent)
            self._await(world, step)
        self.files.set_session(session.at(session.step).built())

    def _await(self, world: World, step: Step, timeout_s: float = _SOLVED_S) -> None:
        deadline = time.monotonic() + timeout_s
        while (missing := judge(step, world.prober.ask)) is not None:
            if time.monotonic() > deadline:
                raise ActionFailed(f"the solution of step {step.id} does not lead to it: {missing.seen}")
            time.sleep(_POLL_S)

    def is_there_or_will_be(self) -> bool:
        """Whether the machines run, or another command is making them right now."""
        session = self.files.session()
        if session is None or session.phase == "building":
            return session is not None and self.files.is_busy()
        return self.world(find_lab(session.lab)).is_running()

    def check(self) -> Verdict | None:
        """Look at the present step once, and go on when it is done; None: all steps are done already."""
        lab, session, world = self.running()
        if session.step >= len(lab.steps):
            return None
        missing = judge(lab.steps[session.step], world.prober.ask)
        if missing is None:
            self._pass(lab, session.step, "done")
        return Verdict(lab, session.step, missing)

    def _pass(self, lab: Lab, index: int, how: str) -> None:
        with self.files.state():
            session = self.files.session()
            if session is None or session.step != index or session.lab != lab.name:
                return  # another `check` or `watch` was first
            self.files.set_session(session.passed())
            progress = self.files.progress(lab.name).through(lab.steps[index].id, how)
            if index + 1 == len(lab.steps) and not progress.finished:
                progress = replace(progress, finished=time.time())
            self.files.set_progress(lab.name, progress)

    def hint(self) -> tuple[Hint, int]:
        """The hint for what is the case now, and how many of its levels are to be told."""
        lab, session, world = self.running()
        if session.step >= len(lab.steps):
            raise ConfigError(f"lab {lab.number} is done; minikube-py lab stop takes its machines away")
        step = lab.steps[session.step]
        case = fitting(step.hintcheck, world.prober.ask)
        with self.files.state():
            session = (self.files.session() or session).hinted(case)
            self.files.set_session(session)
            progress = self.files.progress(lab.name)
            self.files.set_progress(lab.name, replace(progress, hints=progress.hints + 1))
        return step.hintcheck[case], session.hint_level

    def solve(self, wanted: str = "") -> Verdict:
        """Do what the present step asks for; of an earlier or later step: from its beginning."""
        if wanted:
            lab, session = self.lab()
            index = lab.index_of(wanted)
            if index != session.step:
                self.goto(wanted)
        lab, session, world = self.running()
        if session.step >= len(lab.steps):
            raise ConfigError(f"lab {lab.number} is done; minikube-py lab goto STEP goes back")
        step = lab.steps[session.step]
        try:
            with self.files.alone():
                self._solve(world, step, _QUICKLY_SOLVED_S)
        except ActionFailed:
            # What the learner did already stands in the way.
            self._say("  (from the beginning of the step)")
            self.goto(step.id)
            with self.files.alone():
                self._solve(world, step, _SOLVED_S)
        self._pass(lab, session.step, "solved")
        return Verdict(lab, session.step, None)

    def _solve(self, world: World, step: Step, timeout_s: float) -> None:
        world.carry_out(step.solution, self._say, timeout_s)
        self._await(world, step, timeout_s)

    def predict(self, text: str) -> None:
        """Keep what the learner says will happen."""
        lab, session = self.lab()
        if session.step < len(lab.steps):
            with self.files.state():
                progress = self.files.progress(lab.name)
                self.files.set_progress(lab.name, progress.predicted(lab.steps[session.step].id, text))

    def stop(self) -> bool:
        """Take the machines away, and what a killed command left; False: there was nothing."""
        with self.files.alone():
            session = self.files.session()
            existed = session is not None or self.files.world.exists()
            if session is not None:
                self.files.set_session(session.at(session.step))
            self._anyones_world().remove()
            self.files.set_session(None)
        return existed

    def _anyones_world(self) -> World:
        """Machines are known by their folders, so they can be removed without the lab's own file."""
        machines = tuple(sorted(path.name for path in self.files.world.glob("node*") if path.is_dir()))
        return World(self.files.world, machines)


def _silent(_: str) -> None:
    """Nobody needs to read how a known state is built."""

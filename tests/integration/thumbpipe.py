# SPDX-License-Identifier: Apache-2.0
"""The program under test, as its users see it: a configuration, log lines, signals."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import threading

from servers import ACCESS_KEY, ROOT, SECRET_KEY, tail, wait_until

PROGRAM = ROOT / os.environ.get("BUILD", "build") / "thumbpipe"

# The lines that end the work on an event; the others tell of its way.
ENDINGS = {"event.done", "event.skipped", "event.failed"}


def lives(process):
    """Not so a zombie, which waits for an init that a container may not have."""
    try:
        return (
            pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except FileNotFoundError:
        return False


def event_id(line):
    return line["topic"], line["partition"], line["offset"], line.get("record", 0)


class Thumbpipe:
    """One `thumbpipe run`; its log lines are read by a thread as they come."""

    def __init__(self, config, log):
        assert PROGRAM.exists(), f"{PROGRAM} is not built: run make"
        self.log = log
        self.changed = threading.Condition()
        self.lines = []
        self.told_to_end = False
        self.process = subprocess.Popen(
            [PROGRAM, "-c", config, "run"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={
                **os.environ,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            },
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with open(self.log, "ab") as copy:
            for raw in self.process.stderr:
                copy.write(raw)
                copy.flush()
                try:
                    line = json.loads(raw)
                except ValueError:
                    # kill -9 may cut a line in two, and a sanitizer's report is none at all.
                    line = {"event": "unreadable", "msg": raw.decode(errors="replace")}
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def events(self, event, **fields):
        """The lines so far with this event and these fields."""
        wanted = {"event": event, **fields}
        with self.changed:
            return [line for line in self.lines if wanted.items() <= line.items()]

    def keys_done(self):
        return {line["key"] for line in self.events("event.done")}

    def in_flight(self):
        """Events that were begun and not ended; wants `log.level: debug`."""
        with self.changed:
            lines = list(self.lines)
        begun = {event_id(line) for line in lines if line.get("event") == "event.start"}
        return begun - {event_id(line) for line in lines if line.get("event") in ENDINGS}

    def wait_for(self, event, count=1, timeout=60, **fields):
        """Returns the lines once there are `count` of them; fails when the process ends before."""

        def enough():
            found = self.events(event, **fields)
            if len(found) >= count:
                return found
            assert (
                self.process.poll() is None or self.reader.is_alive()
            ), f"thumbpipe ended: {self.report()}"
            return None

        def missing():
            return (
                f"{len(self.events(event, **fields))} of {count} {event} {fields}; {self.report()}"
            )

        return wait_until(enough, timeout, missing, every=0.02)

    def report(self):
        counts = collections.Counter(line.get("event") for line in self.lines)
        state = f"exit code {self.process.poll()}, lines {dict(counts)}"
        return f"{state}, the last of {self.log}:\n{tail(self.log)}"

    def handlers(self):
        """The ids of the processes that it started."""
        path = pathlib.Path(f"/proc/{self.process.pid}/task")
        return [child for task in path.glob("*/children") for child in task.read_text().split()]

    def _end(self, sign, timeout):
        self.told_to_end = True
        handlers = self.handlers()
        self.process.send_signal(sign)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"no end within {timeout} s of {sign!r}: {self.report()}"
            ) from None
        wait_until(lambda: not any(map(lives, handlers)), 10, "a handler outlives its thumbpipe")
        self.reader.join(10)
        assert not self.reader.is_alive(), f"something still writes to {self.log}"

    def stop(self):
        self._end(signal.SIGTERM, 45)
        assert self.process.returncode == 0, self.report()

    def kill(self):
        self._end(signal.SIGKILL, 10)

    def discard(self):
        """For the end of a test, however it went."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

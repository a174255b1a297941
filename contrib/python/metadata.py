#!/usr/bin/env python3
"""Reads the metadata of ebuilds with a processor of ebd: a small host in another language than Rust.

    metadata.py --library bash-lib --eclasses REPO/eclass EBUILD...

It prints one JSON object a line: the ebuild, and either its keys or its error. docs/protocol.md specifies everything that is
done here. What `ebd` does beyond it: confinement, several processors, preloading, checks of values, caches.
"""

import argparse
import ctypes
import fcntl
import json
import os
import re
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time

PROTOCOL = "1"
PR_SET_CHILD_SUBREAPER = 36
EAPI_LINE = re.compile(rb"""^[ \t]*EAPI=(?P<quote>['"]?)(?P<eapi>[A-Za-z0-9+_.-]*)(?P=quote)[ \t]*(?:#.*)?$""")


class ProcessorError(Exception):
    """The processor ended, or broke the protocol."""


class Processor:
    """A bash that has loaded the library, and the channels to it."""

    def __init__(self, library, bash, timeout):
        self.timeout = timeout
        self.scratch = tempfile.TemporaryDirectory(prefix="ebd-scratch-")
        self.ids = 0
        self.buffers = {"control": b"", "result": b"", "log": b""}
        self.selector = selectors.DefaultSelector()
        control_in, self.requests = os.pipe()
        ends = {control_in: 100}
        for name, numbers in (("control", (101,)), ("result", (102,)), ("log", (1, 2))):
            read_end, write_end = os.pipe()
            os.set_blocking(read_end, False)
            self.selector.register(read_end, selectors.EVENT_READ, name)
            for number in numbers:
                ends[os.dup(write_end) if number == 2 else write_end] = number
        # Never written to: the loop waits on it with a timeout.
        idle, self.idle = os.pipe()
        ends[idle] = 103
        # Above every number that is a target, so that no dup2 overwrites what is still needed.
        moved = {fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, 104): target for source, target in ends.items()}

        def prepare():
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            for source, target in moved.items():
                os.dup2(source, target)

        self.process = subprocess.Popen(
            [bash, "--noprofile", "--norc", os.path.join(os.path.abspath(library), "daemon.bash")],
            stdin=subprocess.DEVNULL,
            env={"LC_ALL": "C", "TMPDIR": self.scratch.name},
            cwd="/",
            close_fds=False,
            preexec_fn=prepare,
        )
        for descriptor in (*ends, *moved):
            os.close(descriptor)
        ready = self.control_frame()
        if ready[1] != "ready" or ready[2].get("protocol") != PROTOCOL:
            raise ProcessorError(f"unexpected greeting: {ready}")

    def send(self, verb, payload):
        """Sends a request; returns its number."""
        self.ids += 1
        if b"\0" in payload:
            raise ValueError("a payload has no NUL byte")
        frame = f"{self.ids} {verb} {len(payload)}\n".encode() + payload
        while frame:
            frame = frame[os.write(self.requests, frame):]
        return self.ids

    def wait(self, deadline=None):
        """Reads what is there on any channel; a channel that nobody reads would stop the ebuild."""
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        ready = self.selector.select(left)
        if not ready:
            # The loop goes on and says how the child ended.
            for child in descendants(self.process.pid):
                os.kill(child, signal.SIGKILL)
            ready = self.selector.select()
        for key, _ in ready:
            data = os.read(key.fd, 1 << 16)
            if not data:
                if key.data == "control":
                    raise ProcessorError(f"the processor ended with status {self.process.wait()}")
                self.selector.unregister(key.fd)
            self.buffers[key.data] += data

    def control_frame(self, deadline=None):
        """The next frame of the control channel: number, verb, parameters. None has a payload."""
        while b"\n" not in self.buffers["control"]:
            self.wait(deadline)
        line, self.buffers["control"] = self.buffers["control"].split(b"\n", 1)
        words = line.decode().split(" ")
        return int(words[0]), words[1], dict(word.split("=", 1) for word in words[2:-1])

    def load(self, path):
        """Has the processor source a file of tables."""
        number = self.send("load", os.fsencode(path))
        frame = self.control_frame()
        if frame != (number, "loaded", {"status": "0"}):
            raise ProcessorError(f"{path} was not loaded: {frame}")

    def metadata(self, request):
        """Sources an ebuild; returns the verb and the parameters and payload of its result."""
        nonce = secrets.token_hex(16)
        lines = [f"{name}={value}" for name, value in {**request, "__ebd_nonce": nonce}.items()]
        number = self.send("metadata", "\n".join(lines).encode())
        deadline = time.monotonic() + self.timeout
        while True:
            got, verb, parameters = self.control_frame(deadline)
            if got != number:
                raise ProcessorError(f"an answer to request {got}, which was not made")
            if verb == "dirty":
                raise ProcessorError("something lies in the scratch folder")
            if verb == "done":
                break
        # Everything that the child wrote is in the pipes now.
        while self.selector.select(0):
            self.wait()
        result, self.buffers["result"] = self.buffers["result"], b""
        log, self.buffers["log"] = self.buffers["log"], b""
        _, _, frame = result.partition(f"{nonce} {number} ".encode())
        if not frame or parameters["left"] != "0":
            _, _, said = log.partition(f"{nonce}\n".encode())
            return "gone", parameters, said
        header, _, payload = frame.partition(b"\x1d")
        verb, *words = header.decode().split(" ")
        payload = payload[: int(words.pop())]
        return verb, dict(word.split("=", 1) for word in words), payload

    def close(self):
        """Ends the processor."""
        os.close(self.requests)
        self.process.wait()
        os.close(self.idle)
        self.scratch.cleanup()


def descendants(pid):
    """The processes below a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []
    return [*children, *(process for child in children for process in descendants(child))]


def quoted(text):
    """A word for bash."""
    return "'" + text.replace("'", "'\\''") + "'"


def eapi_of(ebuild):
    """The EAPI, which is found in the text: the first line that is neither empty nor a comment."""
    with open(ebuild, "rb") as file:
        for line in file:
            if line.strip() and not line.lstrip().startswith(b"#"):
                found = EAPI_LINE.match(line.rstrip(b"\n"))
                return found["eapi"].decode() if found else "0"
    return "0"


def request_for(ebuild):
    """The variables of a request, from the path CATEGORY/PN/PF.ebuild."""
    category, pn = ebuild.split("/")[-3:-1]
    pf = os.path.basename(ebuild).removesuffix(".ebuild")
    pvr = pf.removeprefix(pn + "-")
    version = re.fullmatch(r"(?P<pv>.*?)(?:-(?P<pr>r[0-9]+))?", pvr)
    pv, pr = version["pv"], version["pr"] or "r0"
    build = f"/var/tmp/portage/{category}/{pf}"
    return {
        "__ebd_eapi": eapi_of(ebuild),
        "__ebd_mode": "plain",
        "__ebd_cpu": "60",
        "EBUILD": ebuild,
        "FILESDIR": os.path.join(os.path.dirname(ebuild), "files"),
        "CATEGORY": category,
        "PN": pn,
        "PV": pv,
        "PR": pr,
        "PVR": pvr,
        "P": f"{pn}-{pv}",
        "PF": pf,
        "WORKDIR": f"{build}/work",
        "S": f"{build}/work/{pn}-{pv}",
        "T": f"{build}/temp",
        "D": f"{build}/image/",
        "HOME": f"{build}/homedir",
    }


def understood(verb, parameters, payload):
    """A result as a dictionary."""
    if verb == "metadata":
        keys = {}
        for name, length in parameters.items():
            value, payload = payload[: int(length)], payload[int(length):]
            try:
                # White space is the ebuild's own.
                words = re.split("[ \t\n]+", value.decode())
            except UnicodeDecodeError as error:
                return {"error": "not-utf8", "message": f"{name}: {error}"}
            keys[name] = " ".join(filter(None, words))
        # A missing EAPI is 0, and the host knows it from the text.
        keys["EAPI"] = keys["EAPI"] or "0"
        return {"keys": {name: value for name, value in keys.items() if value}}
    if verb == "error":
        kind, message, *_ = payload.decode(errors="replace").replace("\x1e", "\n").split("\x1f")
        return {"error": kind, "message": message}
    said = payload.decode(errors="replace").strip()
    return {"error": "no result", "message": f"status {parameters['status']}: {said}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--library", required=True, help="the folder bash-lib")
    parser.add_argument("--bash", default="/bin/bash")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one ebuild")
    parser.add_argument("--eclasses", action="append", default=[], help="a folder of eclasses; of two, the later one counts")
    parser.add_argument("ebuilds", nargs="+")
    arguments = parser.parse_args()
    files = {}
    for folder in map(os.path.abspath, arguments.eclasses):
        for name in sorted(os.listdir(folder)):
            if name.endswith(".eclass"):
                files[name.removesuffix(".eclass")] = os.path.join(folder, name)
    processor = None
    with tempfile.NamedTemporaryFile("w", suffix=".bash") as table:
        rows = " ".join(f"[{quoted(name)}]={quoted(path)}" for name, path in files.items())
        table.write(f"__ebd_eclass=({rows})\n")
        table.flush()
        for ebuild in map(os.path.abspath, arguments.ebuilds):
            if processor is None:
                processor = Processor(arguments.library, arguments.bash, arguments.timeout)
                processor.load(table.name)
            try:
                answer = understood(*processor.metadata(request_for(ebuild)))
            except OSError as error:
                answer = {"error": "unreadable", "message": str(error)}
            except ProcessorError as error:
                # It costs this ebuild only; the next one gets another processor.
                processor.close()
                processor = None
                answer = {"error": "processor", "message": str(error)}
            print(json.dumps({"ebuild": ebuild, **answer}, ensure_ascii=False))
    if processor is not None:
        processor.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

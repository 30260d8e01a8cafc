"""A child for the tests: `python -m tests.jobs.work OPTIONS` does what it is told."""

import os
import sys
import time

from mobilesasa.jobs import inside


def main() -> None:
    told = inside.begin()
    match told["do"]:
        case "count":
            for n in range(told["lines"]):
                inside.say({"n": n, "filler": "x" * told.get("octets", 0)})
        case "echo":
            for line in sys.stdin.buffer:
                inside.say(line.decode().strip())
        case "measure":
            inside.say({"octets": len(sys.stdin.buffer.read()), "pid": os.getpid()})
        case "upper":
            sys.stdout.buffer.write(sys.stdin.buffer.read().upper())
        case "fail":
            sys.stderr.write("I meant to\nValueError: but no\n")
            sys.exit(3)
        case "memory":
            inside.say(len(bytearray(told["octets"])))
        case "spin":
            while True:
                pass
        case "wait":
            inside.say({"pid": os.getpid()})
            time.sleep(600)  # until it is killed


if __name__ == "__main__":
    main()

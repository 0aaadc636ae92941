"""The options of the three kinds of run, beside Locust's own."""

from __future__ import annotations

from typing import Any, Protocol

from loadtests.arrivals import KINDS


class Option(Protocol):
    """Adds one option, which Locust's page does not offer."""

    def __call__(self, name: str, **given: Any) -> None:
        """As `argparse` takes it."""


def shared_options(parser: Any, about: str) -> Option:
    """The parser knows what every run is asked with, and Locust's page answers on loopback unless told otherwise."""
    parser.set_defaults(web_host="127.0.0.1")
    group = parser.add_argument_group("cutover", about)

    def option(name: str, **given: Any) -> None:
        action = group.add_argument(name, **given)
        action.include_in_web_ui = False

    option("--env", env_var="CUTOVER_ENV", metavar="NAME", help="the environment on trial (CUTOVER_ENV)")
    option("--seed", type=int, metavar="N", help="what the run is drawn from (drawn and shown when not given)")
    option("--plan", action="store_true", help="print what a run would send, send nothing")
    option("--evidence", metavar="DIR", help="where evidence is written (CUTOVER_EVIDENCE; default reports/out)")
    return option


def add_options(parser: Any) -> None:
    """The parser knows those of the mix; the master answers on loopback unless told otherwise."""
    parser.set_defaults(master_bind_host="127.0.0.1", expect_workers_max_wait=60)
    option = shared_options(parser, "latency and errors of the candidate beside its baseline")
    option("--rate", type=float, default=200.0, metavar="N", help="requests/s while an arm's block lasts (200)")
    option("--duration", type=float, default=120.0, metavar="S", help="at most so many seconds of arrivals (120)")
    option("--block", type=float, metavar="S", help="seconds of one arm's block (1, longer below 50 requests/s)")
    option("--arrivals", choices=KINDS, default="poisson", help="how they come (poisson); ramp rises to --rate")
    option("--fresh-connections", action="store_true", help="a new connection for each request, in every arm")
    option("--replay", metavar="FILE", help="ask what a HAR file or an access log recorded, at its own times")
    option("--speed", type=float, default=1.0, metavar="X", help="replay so many times as fast as recorded (1)")
    option("--replay-host", metavar="HOST", help="which host's entries of a HAR file (the most frequent); never asked")
    option("--as", dest="as_", metavar="NAME", help="identity for recorded requests that no endpoint declares")
    option("--allow-writes", action="store_true", help="also what writes, three times, and remove it again")
    option("--drain", action="store_true", help="closed loop instead: --requests an arm, --users at once, no claim")
    option("--requests", type=int, default=1000, metavar="N", help="with --drain: requests an arm (1000)")
    option("--path", metavar="PATH", help="with --drain: only GET this path, not the mix")

"""`cutover attest`: what only a person can say."""

from __future__ import annotations

import os

import click

from verify.commands.options import env_option, environment_named, evidence_option, root_of, unusable_is_30
from verify.commands.words import required, span_of
from verify.core.catalogue import Claim, claims
from verify.core.errors import CutoverError
from verify.core.evidence import Fingerprints
from verify.core.spec import Spec
from verify.core.statements import Statement, conclusion
from verify.core.subjects import Environment, Subject
from verify.gating import builds
from verify.saying import LONGEST, attested
from verify.trial import locked_checks, on_trial


@click.command("attest")
@env_option
@click.option(
    "--claim", "claim", metavar="'CHECK SUBJECT'", required=True, help="What it is about, as `cutover plan` lists it."
)
@click.option("--by", metavar="NAME", required=True, help="Who says so.")
@click.option("--says", metavar="TEXT", required=True, help="What that person has seen.")
@click.option("--denies", is_flag=True, help="It is not so: the claim fails.")
@click.option(
    "--expires", metavar="DURATION", help="How long it holds (else as long as the step lets evidence age): 7d."
)
@click.option("--candidate", metavar="BUILD", help="The candidate's build, instead of asking it.")
@click.option("--baseline", metavar="BUILD", help="The baseline's build, instead of asking it.")
@evidence_option
@unusable_is_30
def attest_command(
    name: str,
    claim: str,
    by: str,
    says: str,
    *,
    denies: bool,
    expires: str | None,
    candidate: str | None,
    baseline: str | None,
    evidence: str | None,
) -> None:
    """
    Record what no machine can observe: nobody complained, the team was told, the hour was chosen.

    Only claims of the family `attest` take it. It is evidence like any other (of this build, at this time), with the
    person's name, and every decision lists it as said, not measured.

    \b
      cutover attest --env lightsail --claim 'attest.statement statement/complaints' --by ann --says "none in 7 days"
    """
    environment = environment_named(name)
    asked, subject = _asked(environment, claim)
    required(("--by", by), ("--says", says))
    span = span_of("--expires", expires, longest=LONGEST) if expires is not None else None
    root = root_of(evidence)
    now = builds(environment, values=os.environ, root=root, given=(candidate, baseline), offline=False)
    about = Fingerprints(candidate=now.known(), baseline=now.baseline)
    trial = on_trial(environment, values=os.environ, root=root)
    try:
        said = Statement(by=by, says=says, denies=denies, span=span, typed=now.typed)
        path = attested(trial, asked, subject, said, fingerprints=about)
    finally:
        trial.close()
    verdict = "FAIL" if denies else "PASS"
    click.echo(f"{verdict} {asked}: {conclusion(said).summary}\n  evidence: {path}")


def _asked(environment: Environment, text: str) -> tuple[Claim, Subject[Spec]]:
    """The claim that the words name; a CutoverError that lists what a person can say here."""
    found = {str(each): (each, subject) for each, subject in claims(environment, locked_checks()).items()}
    open_to_persons = sorted(name for name, (each, _) in found.items() if each.family == "attest")
    if text not in found:
        known = ", ".join(open_to_persons) or f"{environment.id} declares none"
        raise CutoverError(f"--claim {text!r} is not planned; a person can say: {known}")
    if text not in open_to_persons:
        raise CutoverError(f"{text} is measured, and nobody's word counts for it; waive it in the environment's file")
    return found[text]

"""The live ends of an environment: its addresses, identities and stores."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from threading import Lock
from typing import Final

from pydantic import JsonValue

from verify.clients.http import HttpClient, observe
from verify.compare.identity import answering, field_of
from verify.core.errors import AnswerMalformed, ClientError, HostNotDeclared, UnresolvedReference
from verify.core.identities import Identity, Proof
from verify.core.references import Resolver, names_in
from verify.core.replies import Reply
from verify.core.scalars import seconds, split_request
from verify.core.secrets import Secret
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Observation, Problem

_LOGIN_BYTES: Final = 64 * 2**10


class LiveSide:
    """
    One environment, reachable. Clients open on first use and close with the side.

    A reference that cannot be resolved is a Problem of the claims that need it, never of the others.
    """

    def __init__(self, environment: Environment, role: str, *, resolver: Resolver) -> None:
        self.environment = environment
        self.role = role
        self._resolver = resolver
        self._clients: dict[tuple[str, int, frozenset[str]], HttpClient] = {}
        self._tokens: dict[str, Secret | Problem] = {}
        self._stack = ExitStack()
        self._opening = Lock()  # several probes may be the first to ask

    def close(self) -> None:
        """Every connection is closed."""
        self._stack.close()

    @property
    def source(self) -> str:
        """`candidate lightsail`, for messages."""
        return f"{self.role} {self.environment.name}"

    def base(self, url: str) -> str:
        """The address behind a url name; empty when it is not set, and then every question is a Problem."""
        try:
            return self._address(url)
        except UnresolvedReference:
            return ""

    def _address(self, url: str) -> str:
        return self._resolver.text(self.environment.file.urls[url]).rstrip("/")

    def exchange(
        self,
        request: str,
        *,
        url: str,
        deadline: float,
        as_: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: JsonValue = None,
        max_bytes: int | None = None,
    ) -> Observation[Reply]:
        """What the side answered to one request within `deadline` seconds, or why it could not be heard."""
        try:
            filled = self.headers(headers or {}, as_=as_)
            if isinstance(filled, Problem):
                return filled
            method, path = split_request(request)
            client = self._client(url, max_bytes or self.environment.system.defaults.max_bytes)
            return observe(self.source, lambda: client.ask(method, path, headers=filled, body=body, deadline=deadline))
        except UnresolvedReference as error:
            return Problem(source=self.source, reason=str(error), cause=Cause.NOT_PERMITTED)
        except HostNotDeclared as error:  # the address itself; what an answer may do is a Problem already
            template = self.environment.file.urls[url]
            return Problem(source=self.source, reason=f"urls.{url} {template}: {error}", cause=Cause.NOT_PERMITTED)

    def headers(self, given: Mapping[str, str], *, as_: str | None) -> dict[str, str | Secret] | Problem:
        """The headers filled in, with the identity's credentials; a Problem when it could not sign in."""
        filled = self._filled(given)
        if as_ is None:
            return filled
        token = self._token(as_)
        if isinstance(token, Problem):
            return token
        identity = self.environment.system.identities[as_]
        filled[identity.header] = _with_scheme(token, identity.scheme)
        return filled

    def identify(self, proof: Proof) -> tuple[Observation[str], str]:
        """Which build answers, and what speaks against its being this side."""
        timeout = seconds(self.environment.system.defaults.timeout)
        return answering(self.exchange(proof.request, url=proof.url, deadline=timeout), proof)

    def _client(self, url: str, max_bytes: int, *, allow: frozenset[str] = frozenset()) -> HttpClient:
        key = (url, max_bytes, allow)
        with self._opening:
            if key not in self._clients:
                headers = self._filled(self.environment.file.headers)
                client = HttpClient(self._address(url), headers=headers, max_bytes=max_bytes, allow=allow)
                self._clients[key] = self._stack.enter_context(client)
            return self._clients[key]

    def _filled(self, headers: Mapping[str, str]) -> dict[str, str | Secret]:
        return {name: self._resolver.secret(value) if names_in(value) else value for name, value in headers.items()}

    def _token(self, name: str) -> Secret | Problem:
        if name not in self._tokens:
            try:
                self._tokens[name] = self._obtain(name, self.environment.system.identities[name])
            except (ClientError, UnresolvedReference) as error:
                self._tokens[name] = Problem(source=self.source, reason=f"identity {name}: {error}")
        return self._tokens[name]

    def _obtain(self, name: str, identity: Identity) -> Secret:
        if identity.token is not None:
            return self._resolver.secret(identity.token)
        login = identity.login
        if login is None:
            raise AnswerMalformed("says neither login: nor token:")
        method, path = split_request(login.request)
        deadline = seconds(self.environment.system.defaults.timeout)
        reply = self._client(login.url, _LOGIN_BYTES, allow=frozenset({method})).ask(
            method, path, headers=self._filled(login.headers), body=self._body(login.body), deadline=deadline
        )
        if not 200 <= reply.status < 300:
            raise AnswerMalformed(f"{login.request} answered {reply.status}; are its credentials right?")
        token = field_of(reply, login.token)
        if not token:
            raise AnswerMalformed(f"{login.request} answered {reply.status} without {login.token}")
        self._resolver.mask.add(token)
        return Secret(f"token of {name}", lambda: token)

    def _body(self, value: JsonValue) -> JsonValue:
        """The login's body with its references filled in; the only place where a secret becomes part of a document."""
        if isinstance(value, str):
            return self._resolver.secret(value).reveal() if names_in(value) else value
        if isinstance(value, dict):
            return {key: self._body(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._body(inner) for inner in value]
        return value


def _with_scheme(token: Secret, scheme: str) -> Secret:
    """The header's value, put together only where it is sent."""

    def look_up() -> str:
        return f"{scheme} {token.reveal()}".strip()

    return Secret(token.name, look_up)

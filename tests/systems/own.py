"""A system nobody here wrote: two plain HTTP servers and two Postgres databases, described by YAML alone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from sandbox.engines.server import Server

SIDES = ("alt", "neu")
PASSWORD = "fake p@ss/w:rd%ß'\"#&+42"
LOGIN_PASSWORD = "fake-login&\"pass'word=/+ö"
TOKEN = "fake-header-token/+=!42"
ISSUED = "fake-issued-token-0123456789"
SCHEMA = """
CREATE TYPE "Stimmung" AS ENUM ('gut', 'so lala', 'schlecht');
CREATE TABLE "Bestellungen 2024" (
  "Id" int, "Teil" text, "이름" text, betrag numeric(20, 6), wert numeric, "Daten" jsonb, zahlen int[], worte text[],
  laune "Stimmung", wann timestamptz, ortszeit timestamp, tag date, roh bytea, kennung uuid, dauer interval,
  leer text, nichts text, ok boolean, kommazahl double precision, PRIMARY KEY ("Id", "Teil"));
INSERT INTO "Bestellungen 2024"
SELECT n, 'Teil "' || t || '"', '김' || n || E'\\n', n * 1.000001, 10.0 ^ (n % 30),
  jsonb_build_object('b', n, 'a', array[n, null]),
  array[n, null, -n], array['', 'a,b', 'ß"', null], (enum_range(null::"Stimmung"))[1 + n % 3],
  '2024-02-29 23:59:59.123456+09'::timestamptz + n * interval '1 hour', '2024-03-31 02:30:00.000001', '0044-03-15 BC',
  decode(md5(n::text), 'hex'), md5(n::text)::uuid, make_interval(months => n, days => 1, secs => 0.5), '', null, n % 2 = 0,
  'NaN'::float8
FROM generate_series(1, 60) n, (VALUES ('a'), ('Ä')) AS teile (t);
CREATE TABLE "주문" ("번호" bigint PRIMARY KEY, "Preis" numeric(20, 2) NOT NULL);
INSERT INTO "주문" SELECT n, n / 4.0 FROM generate_series(9007199254740990, 9007199254740999) n;
"""
SYSTEM = """
system: laden
data: {haupt: replicated}
defaults: {timeout: 5s, personal: [$..email]}
health: {request: GET /gesund, interval: 1ms}
identities:
  kunde:
    login: {request: POST /anmelden, body: {name: kim, wort: "${LADEN_WORT}"}, token: $.marke}
endpoints:
  waren: {request: GET /waren?seite=1}
  ich: {request: GET /ich, as: kunde}
errors:
  fehlt: {request: GET /nichts, kind: missing, status: 404}
datasets:
  bestellungen: {key: [Id, Teil], store: haupt, collection: "Bestellungen 2024", minimum: 100}
  orders: {key: [번호], store: haupt, collection: 주문}
steps:
  - {name: umzug, percent: 0, requires: [health, parity, consistency]}
"""
ENVIRONMENT = """
environment: {side}
{baseline}
urls: {{api: "${{{upper}_URL}}"}}
headers: {{X-Api-Key: "${{LADEN_TOKEN}}"}}
identity: {{request: GET /gesund, header: x-side, equals: {side}, build: x-build}}
stores:
  haupt: {{kind: postgres, dsn: "${{{upper}_DSN}}"}}
"""


@dataclass
class Site:
    """One side's plain HTTP server; `answers` may be replaced by path while it runs."""

    side: str
    url: str = ""
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def says(status: int, body: object, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answers with this status and JSON body."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def mine(handler: BaseHTTPRequestHandler) -> None:
    """Who is logged in; 401 without the issued token."""
    known = handler.headers.get("authorization") == f"Bearer {ISSUED}"
    says(200, {"name": "김", "email": "kim@laden.example"})(handler) if known else says(401, {"fehler": "wer?"})(
        handler
    )


def login(handler: BaseHTTPRequestHandler) -> None:
    """The token, for whoever knows the password."""
    asked = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
    right = asked == {"name": "kim", "wort": LOGIN_PASSWORD}
    says(200, {"marke": ISSUED})(handler) if right else says(403, {"fehler": "falsch"})(handler)


def usual(side: str) -> dict[str, Callable[[BaseHTTPRequestHandler], None]]:
    """What a healthy side answers."""
    waren = [{"id": n, "preis": n / 4, "name": f"사과 {n}"} for n in range(20)]
    return {
        "GET /gesund": says(200, {"ok": True}, x_side=side, x_build=f"{side}-1"),
        "GET /waren?seite=1": says(200, {"waren": waren, "email": "info@laden.example"}),
        "GET /ich": mine,
        "POST /anmelden": login,
    }


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        ends = site.over

        def log_message(self, *_: object) -> None:
            """Silent."""

        def _any(self) -> None:
            asked = f"{self.command} {self.path}"
            site.heard.append(asked)
            if self.headers.get("x-api-key") != TOKEN:
                says(403, {"fehler": "schlüssel"})(self)
                return
            with contextlib.suppress(OSError):
                site.answers.get(asked, says(404, {"fehler": "nichts"}))(self)

        do_GET = do_POST = do_HEAD = _any  # noqa: N815 - the names http.server asks for

    return Handler


@contextlib.contextmanager
def serving(side: str) -> Iterator[Site]:
    """The side's server runs for the block."""
    site = Site(side=side, answers=usual(side))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = False
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def describe(folder: Path) -> Path:
    """The two environment files of the system, in a folder of its name; the candidate's path."""
    place = folder / "laden"
    place.mkdir(parents=True)
    (place / "system.yaml").write_text(SYSTEM)
    for side, baseline in (("alt", ""), ("neu", "baseline: alt")):
        (place / f"{side}.yaml").write_text(ENVIRONMENT.format(side=side, upper=side.upper(), baseline=baseline))
    return place / "neu.yaml"


def fill(server: Server) -> dict[str, str]:
    """Both databases hold the same data; the addresses of a role that may only read, by side."""
    found = {}
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE leser LOGIN PASSWORD {}").format(sql.Literal(PASSWORD)))
        for side in SIDES:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(side)))
    for side in SIDES:
        with psycopg.connect(owner(server, side), autocommit=True) as connection:
            connection.execute(SCHEMA)
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO leser")
        found[side] = f"postgresql://leser:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/{side}"
    return found


def owner(server: Server, side: str) -> str:
    """The address that may also write."""
    return server.dsn.rsplit("/", 1)[0] + f"/{side}"

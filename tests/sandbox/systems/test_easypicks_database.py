"""The addresses of EasyPicks' database that the description is given."""

from __future__ import annotations

from urllib.parse import urlsplit

import pymysql
import pytest

pytestmark = [pytest.mark.xdist_group("easypicks"), pytest.mark.parametrize("twin", ["easypicks"], indirect=True)]


def asked(twin, variable, query):
    """The rows of a query's answer, under the address of that variable."""
    at = urlsplit(twin.variables[variable])
    connection = pymysql.connect(
        host=at.hostname, port=at.port, user=at.username, password=at.password, database=at.path.lstrip("/")
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def test_both_platforms_spell_one_address_in_two_ways(twin):
    """The texts differ and the server and database behind them do not."""
    names = ("RAILWAY_DATABASE_DSN", "LIGHTSAIL_DATABASE_DSN")
    told = [asked(twin, name, "SELECT @@pid_file, database()") for name in names]
    assert len({twin.variables[name] for name in names}) == 2
    assert told[0] == told[1]


def test_rehearsal_is_another_database_on_the_same_server(twin):
    """The address a careless hand might copy leads to the same server and to an empty database."""
    assert asked(twin, "EASYPICKS_REHEARSAL_DSN", "SELECT database()") == (("easypicks_rehearsal",),)
    assert asked(twin, "EASYPICKS_REHEARSAL_DSN", "SHOW TABLES") == ()


@pytest.mark.parametrize("statement", ["DELETE FROM users", "CREATE TABLE mine (id int)", "DROP TABLE users"])
def test_the_user_may_only_read(twin, statement):
    """Nothing can be written with what the suite is given."""
    with pytest.raises(pymysql.err.OperationalError, match="denied"):
        asked(twin, "LIGHTSAIL_DATABASE_DSN", statement)

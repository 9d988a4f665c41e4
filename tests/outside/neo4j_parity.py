#!/usr/bin/env python3
# check: the Neo4j stand-in answers as a real Neo4j: reads, writes, errors, logins, lock-out
# needs: neo4j:{lane}
# lanes: lts
# limit: 240
"""Holds the Neo4j stand-in against a real Neo4j: the same calls go to both, and the answers must agree.

usage: neo4j_parity.py [BINARY REAL_URL USER PASSWORD]   (without them: AGENTCORE_BINARY, and a Neo4j of its own)

REAL_URL is the base of a real Neo4j's HTTP port, whose content is deleted. Only the standard library is used. What is
compared is status, error code, error text (without the list of what a parser expected), columns, rows and counters.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

from sign_in import database_password

MOVIES = pathlib.Path(__file__).resolve().parents[2] / "crates/emulator/assets/graphs/movies.cypher"


class Neo4j:
    """One database server behind the Query API."""

    def __init__(self, base, user, password):
        self.base, self.user, self.password = base.rstrip("/"), user, password

    def call(self, statement, parameters=None, database="neo4j", user=None, password=None, accept="application/json", **more):
        body = {"statement": statement, **more}
        if parameters is not None:
            body["parameters"] = parameters
        login = f"{user or self.user}:{self.password if password is None else password}".encode()
        headers = {"content-type": "application/json", "accept": accept, "authorization": "Basic " + base64.b64encode(login).decode()}
        return self.send(f"/db/{database}/query/v2", body, headers)

    def send(self, path, body, headers):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null"), answer.headers
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text else None, error.headers


READS = """
RETURN 1 AS one
RETURN 1/0
UNWIND [1,0] AS x RETURN 1/x AS y
UNWIND [1,0] AS x WITH 1/x AS y RETURN y
UNWIND [1,0] AS x RETURN 1/x AS y LIMIT 1
RETURN 7/2 AS a, 7/2.0 AS b, -7/2 AS c, -7 % 3 AS d, 2^3 AS e, 'a' + 1.0 AS f, 1 + [2] AS g, [1] + 2 AS h
RETURN 9223372036854775807 + 1
RETURN -9223372036854775808 AS x
MATCH (t:Person {name: 'Tom Hanks'}) RETURN t
MATCH (t:Person {name: 'Tom Hanks'}) RETURN t.name, t.born
MATCH (:Person {name: 'Tom Hanks'})-[r:ACTED_IN]->(m) RETURN r.roles, m.title ORDER BY m.title
MATCH (:Person {name: 'Tom Hanks'})-[r:DIRECTED]->(m) RETURN r, m
MATCH p = (:Person {name: 'Paul Blythe'})-[:FOLLOWS*1..2]->() RETURN p
MATCH (n) RETURN labels(n) AS l, count(*) AS c ORDER BY c
MATCH ()-[r]->() RETURN type(r) AS t, count(*) AS c ORDER BY t
MATCH (m:Movie) WHERE m.released > 1990 AND m.released < 2000 RETURN m.title ORDER BY m.title
MATCH (p:Person) WHERE p.born IS NULL RETURN p.name ORDER BY p.name
MATCH (p:Person)-[:ACTED_IN]->(m)<-[:ACTED_IN]-(c) WHERE p.name = 'Tom Hanks' RETURN count(*) AS r, count(DISTINCT c) AS d
MATCH (tom:Person {name:'Tom Hanks'})-[:ACTED_IN]->(m)<-[:ACTED_IN]-(c), (c)-[:ACTED_IN]->(m2)<-[:ACTED_IN]-(x) WHERE NOT (tom)-[:ACTED_IN]->()<-[:ACTED_IN]-(x) AND tom <> x RETURN x.name AS name, count(*) AS strength ORDER BY strength DESC, name LIMIT 5
MATCH (bacon:Person {name:'Kevin Bacon'})-[*1..4]-(h) RETURN count(DISTINCT h)
MATCH p=shortestPath((a:Person {name:'Kevin Bacon'})-[*]-(b:Person {name:'Meg Ryan'})) RETURN length(p)
MATCH p=allShortestPaths((a:Person {name:'Kevin Bacon'})-[*..6]-(b:Person {name:'Al Pacino'})) RETURN length(p), count(p)
MATCH (p:Person)-[:DIRECTED]->(m) WITH p, collect(m.title) AS t WHERE size(t) > 2 RETURN p.name, size(t) ORDER BY p.name
MATCH (m:Movie {title:'Cast Away'}) RETURN m {.title, .released, x: 1, .nope} AS m
MATCH (p:Person {name:'Helen Hunt'}) RETURN COUNT { (p)-[:ACTED_IN]->() } AS c, EXISTS { (p)-[:DIRECTED]->() } AS d
MATCH (p:Person {name:'Helen Hunt'}) RETURN COLLECT { MATCH (p)-->(m) RETURN m.title ORDER BY m.title } AS t
MATCH (p:Person {name:'Helen Hunt'}) RETURN size([(p)-->(m) | m.title]) AS n
MATCH (n:Movie|Person) RETURN count(n)
MATCH (n:!Movie) RETURN count(n)
MATCH (n:%) RETURN count(n)
MATCH (p:Person WHERE p.born = 1930) RETURN p.name ORDER BY p.name
MATCH (a)-[:ACTED_IN]->(m)<-[:DIRECTED]-(a) RETURN a.name ORDER BY a.name
MATCH (n:Nope) RETURN n.x AS y
OPTIONAL MATCH (n:Nope) RETURN n, n.x AS x
MATCH (n) WHERE n:Movie AND n.title STARTS WITH 'The M' RETURN n.title ORDER BY n.title
MATCH (n:Movie) WHERE n.title =~ '.*Matrix.*' RETURN count(n)
MATCH (n:Movie) WHERE toLower(n.title) CONTAINS 'matrix' XOR n.released = 2003 RETURN n.title ORDER BY n.title
CALL { MATCH (m:Movie) RETURN m ORDER BY m.title LIMIT 2 } RETURN m.title
MATCH (m:Movie) WITH m ORDER BY m.title LIMIT 2 CALL { WITH m MATCH (m)<-[:DIRECTED]-(d) RETURN count(d) AS n } RETURN m.title, n
MATCH (m:Movie {title:'Top Gun'}) CALL (m) { MATCH (m)<-[:DIRECTED]-(d) RETURN d.name AS d } RETURN d
RETURN reduce(s = 0, x IN [1,2,3] | s + x) AS s, any(x IN [1,2] WHERE x > 1) AS a, all(x IN [] WHERE false) AS b, none(x IN [1] WHERE x = 1) AS c, single(x IN [1,2] WHERE x = 1) AS d
RETURN [x IN range(1, 10, 3) WHERE x % 2 = 0 | x * x] AS l, [1,2,3][-1] AS a, [1,2,3][1..] AS b, [1,2,3][..-1] AS c, [1,2][9] AS d
RETURN CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END AS x, CASE 1 WHEN 1 THEN 'one' END AS y, CASE 3 WHEN 1 THEN 'one' END AS z
RETURN null = null AS a, null IS NULL AS b, 1 < 'a' AS c, 1 = 1.0 AS d, NOT null AS e, true OR null AS f, false AND null AS g, 1 IN [null] AS h, [1,null] = [1,null] AS i
RETURN 1 <= 2 < 3 AS a, 1 < 3 < 2 AS b, 'a' < 'b' AS c, [1,2] < [1,3] AS d, true > false AS e
RETURN coalesce(null, 1) AS a, head([1,2]) AS b, last([1,2]) AS c, tail([1,2]) AS d, reverse('abc') AS e, size('äöü') AS f, keys({b:1,a:2}) AS g, nullIf(1,1) AS h, isEmpty([]) AS i
RETURN toInteger('12') AS a, toInteger('1.9') AS b, toInteger('x') AS c, toFloat('1.5') AS d, toBoolean('TRUE') AS e, toString(1.0) AS f, toString(1e20) AS g, toIntegerOrNull('x') AS h
RETURN substring('abcdef', 2) AS a, substring('abcdef', 2, 2) AS b, left('abc', 2) AS c, right('abc', 2) AS d, replace('aXbX', 'X', '-') AS e, split('a,b,c', ',') AS f, trim('  a ') AS g, toUpper('ab') AS h, lTrim(' a') AS i
RETURN abs(-3) AS a, ceil(1.2) AS b, floor(-1.2) AS c, round(1.5) AS d, round(-1.5) AS e, round(1.257, 2) AS f, sign(-2) AS g, sqrt(9) AS h, log10(100) AS i, exp(0) AS j
UNWIND [3,1,null,2] AS x RETURN x ORDER BY x
UNWIND [3,1,null,2] AS x RETURN x ORDER BY x DESC
UNWIND [1,1.0,2,'a',null,null] AS x RETURN DISTINCT x
UNWIND [1,2,3,4] AS x RETURN sum(x) AS s, avg(x) AS a, min(x) AS n, max(x) AS m, collect(x) AS c, percentileCont(x, 0.5) AS p, percentileDisc(x, 0.5) AS q, stDev(x) AS t, count(*) AS k
UNWIND [] AS x RETURN sum(x) AS s, avg(x) AS a, min(x) AS n, collect(x) AS c, count(*) AS k
UNWIND [[2,'b'],[1,'a']] AS r RETURN r[0] AS n, r[1] AS s ORDER BY n
RETURN 1 AS x UNION RETURN 1 AS x
RETURN 1 AS x UNION ALL RETURN 1 AS x
RETURN {a: {b: [1, {c: null}]}} AS m, {a: 1}.a AS x, {a: 1}['a'] AS y, {a: 1}.b AS z
RETURN date('2024-01-31') AS a, date('2024-01-31') + duration('P1M') AS b, duration.between(date('2024-01-01'), date('2024-03-05')) AS c, date.truncate('month', date('2024-05-06')) AS d
RETURN time('12:00:01.5Z') AS a, time('12:00+02:00') AS b, localtime('12:00') AS c, localdatetime('2024-02-03T04:05') AS d, datetime('2024-02-03T04:05:06Z') AS e, datetime('2024-02-03T04:05:00.123+01:00[Europe/Berlin]') AS f
RETURN duration('P1Y2M3DT4H5M6.7S') AS a, duration({days: 1, hours: 25}) AS b, duration('-P1D') AS c, duration('PT0S') AS d, duration({seconds:-1, milliseconds:500}) AS e
RETURN date('2024-02-03').year AS a, date('2024-02-03').dayOfWeek AS b, datetime('2024-02-03T04:05:06Z').epochMillis AS c, duration('P1DT2H').hours AS d, date({year:2024, month:2}) AS e
RETURN date('2024-02-03') < date('2024-02-04') AS a, datetime('2024-02-03T00:00Z') = datetime('2024-02-03T01:00+01:00') AS b
RETURN point({x:1,y:2}) AS a, point({latitude:1.5,longitude:2}) AS b, point({x:1,y:2,z:3}) AS c, point.distance(point({x:0,y:0}), point({x:3,y:4})) AS d, point({x:1,y:2}).x AS e
RETURN 0.0/0.0 AS nan, 1.0/0.0 AS inf, 1e-7 AS s, 123456789.0 AS b, 0.1 + 0.2 AS c
RETURN 'it\\'s "q" \\u00e4' AS s, "d'q" AS t, `a b` AS u UNION RETURN 1 AS s, 2 AS t, 3 AS u
WITH 1 AS `a b` RETURN `a b`
MATCH (n:Person) WITH n.born AS b, count(*) AS c WHERE c > 5 RETURN b, c ORDER BY c DESC, b
MATCH (p:Person)-[:REVIEWED]->(m) RETURN m.title, avg(size(p.name)) AS a ORDER BY a DESC, m.title SKIP 1 LIMIT 2
MATCH (p:Person)-[r:REVIEWED]->(m) RETURN p.name AS name, r.rating AS rating ORDER BY rating DESC, name LIMIT 3
MATCH (a:Person {name:'Tom Hanks'}), (b:Person {name:'Meg Ryan'}) RETURN exists((a)-[:ACTED_IN]->()<-[:ACTED_IN]-(b)) AS x
CALL db.labels() YIELD label RETURN label ORDER BY label
CALL db.relationshipTypes() YIELD relationshipType AS t RETURN t ORDER BY t
CALL db.propertyKeys() YIELD propertyKey WHERE propertyKey IN ['born','tagline'] RETURN propertyKey ORDER BY propertyKey
SHOW INDEXES YIELD type, entityType, labelsOrTypes RETURN type, entityType, labelsOrTypes ORDER BY entityType
SHOW CONSTRAINTS
SHOW DATABASES YIELD name, type, currentStatus, default
SHOW USERS YIELD user, passwordChangeRequired
SHOW CURRENT USER YIELD user RETURN count(*) AS n
EXPLAIN MATCH (n) RETURN n
MATCH (n) RETURN n.name AS name ORDER BY name LIMIT 1;
CALL db.schema.relTypeProperties() YIELD relType, propertyName, mandatory WHERE propertyName IS NOT NULL RETURN relType, propertyName, mandatory ORDER BY relType, propertyName
MATCH (n:Person {name:'Keanu Reeves'})-[r]->(m:Movie) RETURN n.name, type(r), m.title ORDER BY m.title
MATCH (n:Person {name:'Keanu Reeves'}) RETURN properties(n) AS p, size(keys(n)) AS k, n['born'] AS b
MATCH (n) WHERE n.name IN ['Tom Hanks','Meg Ryan'] RETURN n.name ORDER BY n.name
MATCH p = (a:Person {name:'Paul Blythe'})-[:FOLLOWS]->(b) RETURN [x IN nodes(p) | x.name] AS n, length(p) AS l, [r IN relationships(p) | type(r)] AS t
MATCH (a:Person)-[:FOLLOWS]->{1,2}(b) RETURN count(*)
UNWIND range(1, 3) AS x UNWIND range(1, x) AS y RETURN x, y
UNWIND $rows AS row RETURN row.a AS a ORDER BY a
RETURN $p AS p, $q.x AS x, $l[0] AS l
MATCH (n:Movie) RETURN n.title AS t ORDER BY n.released, t LIMIT $n
WITH [1,true] AS l RETURN l[0] + l[1]
WITH [1,true] AS l RETURN NOT l[0]
WITH [1,true] AS l RETURN size(l[0])
RETURN range(1,3,0)
RETURN date('nope')
RETURN date({year:2024, month:13})
RETURN toInteger('9999999999999999999999')
""".strip().splitlines()

MISTAKES = """
RETRUN 1
MATCH (n) RETRUN n
MATCH (n)~RETURN foo
RETURN foo(1)
RETURN nope.fn(1)
RETURN 1 +
RETURN
RETURN 1 AS
RETURN [1,
RETURN {a 1}
MATCH (n RETURN n
MATCH (a)-[:]->(b) RETURN a
CREATE (n:X
RETURN 1 AS a, 2 AS a
RETURN 1 + true
MATCH (n)
WITH 1 AS x
RETURN x.y
MATCH (n) RETURN n.name, count(*) ORDER BY n.born
RETURN 1 UNION RETURN 2 AS b
CALL nope()
CALL db.labels() YIELD nope
CALL db.labels() RETURN 1
MATCH (a)-[r]->(b) CREATE (a)-[r]->(b)
CREATE (a)-[:X|Y]->(b)
CREATE (a)-[:X]-(b)
CREATE (n) CREATE (n:X) RETURN n
CREATE (n) MATCH (m) RETURN m
MATCH (n)-[n]->() RETURN n
UNWIND [1] AS x UNWIND [2] AS x RETURN x
RETURN 'unclosed
RETURN count(count(1))
MATCH (n) WHERE count(n) > 1 RETURN n
MATCH (n) WITH n.name RETURN 1
RETURN 1 LIMIT -1
RETURN 1 LIMIT 'a'
RETURN 1 RETURN 2
RETURN 1 MATCH (n) RETURN n
RETURN *
RETURN size(1)
RETURN labels(1)
RETURN id(1)
RETURN size()
RETURN toUpper('a','b')
RETURN 'x' IN 1
RETURN 99999999999999999999
RETURN $x + $y
MATCH (n) RETURN n ORDER BY m
MATCH (n) SET m.x = 1
FOREACH (x IN [1] | RETURN x)
MATCH (n) RETURN n; MATCH (m) RETURN m
EXPLAIN PROFILE RETURN 1
CREATE DATABASE foo
SHOW ROLES
WITH 1 AS x RETURN x.foo
UNWIND [1] AS x WITH x, 'a' AS y RETURN y - x
WITH [1] AS x MATCH (n) WHERE 'a' RETURN n
MERGE (n {a: null})
CREATE (n:Temp) SET n.x = {a: 1}
""".strip().splitlines()

WRITES = """
CREATE (n:Temp {a:1,b:2})-[:TEMP {x:1}]->(m:Temp) SET n:Other, n.a = 3, n.b = null RETURN n.a, labels(n)
MERGE (n:Temp {a: 3}) ON CREATE SET n.c = 1 ON MATCH SET n.c = 2 RETURN n.c
MERGE (n:Temp {a: 4}) ON CREATE SET n.c = 1 ON MATCH SET n.c = 2 RETURN n.c
MATCH (n:Temp {a: 3}) SET n += {d: 'x', c: null} RETURN properties(n) AS p
MATCH (n:Temp {a: 3}) SET n = {a: 3, z: [1,2]} RETURN properties(n) AS p
MATCH (n:Temp {a: 3}) REMOVE n.z, n:Other
FOREACH (x IN [1,2] | CREATE (:Temp {f: x}))
MATCH (n:Temp) WHERE n.f IS NOT NULL DELETE n
MATCH (a:Temp {a: 3}), (b:Temp {a: 4}) CREATE (a)-[r:TEMP]->(b) RETURN type(r)
MATCH (n:Temp {a: 3}) DELETE n
CREATE (x:Half) WITH x UNWIND [1,0] AS d SET x.v = 1/d RETURN x.v
MATCH (x:Half) RETURN count(x)
MATCH (a)-[r:TEMP]->() DELETE r
MATCH (n:Temp) DETACH DELETE n
CREATE (n:`Odd Label` {`odd key`: 'ü'}) RETURN n.`odd key` AS v, labels(n) AS l
MATCH (n:`Odd Label`) DETACH DELETE n
CREATE INDEX pn FOR (p:Person) ON (p.name)
CREATE INDEX pn IF NOT EXISTS FOR (p:Person) ON (p.name)
CREATE INDEX pn2 FOR (p:Person) ON (p.name)
SHOW INDEXES YIELD name, labelsOrTypes, properties, type WHERE name = 'pn'
DROP INDEX pn
DROP INDEX pn
DROP INDEX pn IF EXISTS
CREATE CONSTRAINT mt FOR (m:Movie) REQUIRE m.title IS UNIQUE
SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties
DROP CONSTRAINT mt
CREATE CONSTRAINT pe FOR (p:Person) REQUIRE p.name IS NOT NULL
""".strip().splitlines()

# Commands about users, in this order, on database system and with USER_PARAMETERS; `user:password ` before a statement
# says who sends it, `/database ` where to.
USERS = """
CREATE USER alf SET PASSWORD 'abc'
CREATE USER alf SET PASSWORD ''
CREATE USER alf SET PASSWORD $n
CREATE USER alf SET PASSWORD $null
CREATE USER $n SET PASSWORD $short
CREATE USER $null SET PASSWORD $p
CREATE USER $list SET PASSWORD $p
CREATE USER $float SET PASSWORD $p
CREATE USER 'alf' SET PASSWORD 'long-enough-1'
CREATE USER alf
CREATE USER alf SET PASSWORD
CREATE USER alf SET PASSWORD $p CHANGE
CREATE USER alf SET STATUS ACTIVE
CREATE USER alf SET PASSWORD CHANGE REQUIRED
CREATE USER alf SET PASSWORD $p CHANGE NOT REQUIRED SET PASSWORD $q
CREATE USER alf SET PASSWORD $short SET STATUS ACTIVE
CREATE USER alf SET PASSWORD $p SET HOME DATABASE neo4j
CREATE USER `` SET PASSWORD $p
CREATE USER `a:b` SET PASSWORD $p
CREATE USER `a:b` SET PASSWORD $short
CREATE USER `a b` IF NOT EXISTS SET PASSWORD $p
CREATE USER `a-b.c@d/e` SET PASSWORD $p CHANGE NOT REQUIRED
DROP USER `a-b.c@d/e`
EXPLAIN CREATE USER alf SET PASSWORD $p
SHOW USERS
CREATE USER $name SET PASSWORD $p CHANGE NOT REQUIRED
CREATE USER $name SET PASSWORD $p CHANGE NOT REQUIRED
CREATE USER $name SET PASSWORD $short
CREATE USER $name IF NOT EXISTS SET PASSWORD $short
CREATE OR REPLACE USER $name IF NOT EXISTS SET PASSWORD $p
CREATE OR REPLACE USER alf SET PLAINTEXT PASSWORD $q SET PASSWORD CHANGE NOT REQUIRED
CREATE OR REPLACE USER neo4j SET PASSWORD $short
CREATE OR REPLACE USER newcomer SET PASSWORD $q CHANGE NOT REQUIRED
alf:long-enough-1 RETURN 1 AS x
alf:long-enough-2 /neo4j RETURN 1 AS x
ALTER USER $name SET PASSWORD $q CHANGE NOT REQUIRED
ALTER USER $name SET PASSWORD $p CHANGE NOT REQUIRED
ALTER USER $name SET PASSWORD $q
alf:long-enough-2 /neo4j RETURN 1 AS x
ALTER USER $name SET PASSWORD CHANGE REQUIRED
ALTER USER $name SET PASSWORD $p
SHOW USERS
alf:long-enough-1 SHOW USERS
alf:long-enough-1 SHOW CURRENT USER
alf:long-enough-1 ALTER USER alf SET PASSWORD $q CHANGE NOT REQUIRED
alf:long-enough-1 /neo4j SHOW USERS
alf:long-enough-1 CALL dbms.components() YIELD name RETURN name
alf:long-enough-1 RETRUN 1
alf:long-enough-1 MATCH (n) RETURN n
alf:long-enough-1 SHOW ROLES
alf:long-enough-1 ALTER CURRENT USER SET PASSWORD FROM $p TO $q
ALTER USER $name SET PASSWORD CHANGE NOT REQUIRED SET PASSWORD $p
ALTER USER $name SET PASSWORD $q SET PASSWORD $p
ALTER USER $name SET PASSWORD CHANGE REQUIRED SET PASSWORD CHANGE NOT REQUIRED
ALTER USER $name SET PASSWORD $short
ALTER USER $name SET PASSWORD ''
ALTER USER $name SET PASSWORD $n
ALTER USER $nowhere SET PASSWORD $p
ALTER USER nobody SET PASSWORD $p
ALTER USER nobody SET PASSWORD $short
ALTER USER nobody IF EXISTS SET PASSWORD $short
ALTER USER alf
ALTER USER alf SET
ALTER USER alf SET STATUS SUSPENDED
ALTER USER alf SET STATUS NONSENSE
ALTER USER neo4j SET STATUS SUSPENDED
ALTER USER nobody SET PASSWORD $short SET STATUS ACTIVE
ALTER USER nobody IF EXISTS SET STATUS ACTIVE
ALTER USER alf REMOVE HOME DATABASE
ALTER USER alf REMOVE AUTH 'native'
newcomer:long-enough-2 SHOW CURRENT USER
newcomer:long-enough-2 SHOW USERS
newcomer:long-enough-2 CREATE USER third SET PASSWORD $p
newcomer:long-enough-2 ALTER USER alf SET PASSWORD $q CHANGE NOT REQUIRED
newcomer:long-enough-2 DROP USER newcomer IF EXISTS
newcomer:long-enough-2 /neo4j CREATE (n:Temp) RETURN 1 AS x
MATCH (n) RETURN n
/neo4j MATCH (n:Temp) DELETE n
SHOW USERS WHERE user = $name
SHOW USERS YIELD user WHERE user = $name
SHOW USERS YIELD user, passwordChangeRequired WHERE user IN [$name, $other] RETURN user
SHOW USERS YIELD user AS u WHERE u = $name RETURN count(*) AS n
SHOW USERS YIELD user WHERE passwordChangeRequired
SHOW USERS YIELD user ORDER BY user DESC SKIP 1 LIMIT 1
SHOW USERS YIELD nope
SHOW USERS WHERE user = $nowhere
SHOW USERS WITH AUTH YIELD user, provider, auth WHERE user = $name
SHOW USER
SHOW CURRENT USER YIELD user AS me RETURN me
/neo4j SHOW CURRENT USER
/neo4j CREATE USER fourth SET PASSWORD $p CHANGE NOT REQUIRED
/neo4j ALTER USER fourth SET PASSWORD $q CHANGE NOT REQUIRED
/neo4j DROP USER fourth
/nope CREATE USER fourth SET PASSWORD $p
RENAME USER alf TO third
RENAME USER alf TO `a:b`
RENAME USER nobody TO alf
RENAME USER nobody IF EXISTS TO alf
RENAME USER $name TO $other
bea:long-enough-2 /neo4j RETURN 1 AS x
bea:wrong RETURN 1
bea:wrong RETURN 1
bea:wrong RETURN 1
ALTER USER bea SET PASSWORD $p CHANGE NOT REQUIRED
bea:long-enough-1 /neo4j RETURN 1 AS x
DROP USER bea
bea:long-enough-1 /neo4j RETURN 1 AS x
CREATE USER bea SET PASSWORD $p CHANGE NOT REQUIRED
bea:long-enough-1 /neo4j RETURN 1 AS x
RENAME USER bea TO alf
alf:long-enough-1 /neo4j RETURN 1 AS x
GRANT ROLE admin TO alf
GRANT ROLE reader TO $name
CREATE ROLE r
SHOW USER alf PRIVILEGES
SHOW USERS PRIVILEGES
DROP USER $name
DROP USER $name
DROP USER $n
DROP USER $admin
DROP USER newcomer
DROP USER third
""".strip().splitlines()

USER_PARAMETERS = {"name": "alf", "other": "bea", "admin": "neo4j", "p": "long-enough-1", "q": "long-enough-2", "short": "abc",
                   "n": 7, "null": None, "list": ["a"], "float": 1.5}

PARAMETERS = {"rows": [{"a": 2}, {"a": 1}], "p": {"k": [1, 1.5, None, True, "x"]}, "q": {"x": 1}, "l": [7], "n": 3}


def plain(value):
    """A row value without what may differ between two servers: the ids of entities."""
    if isinstance(value, dict):
        dropped = {"elementId", "startNodeElementId", "endNodeElementId"}
        return {key: plain(inner) for key, inner in sorted(value.items()) if key not in dropped}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def told(message):
    """An error's text without the list of what was expected, without ids."""
    message = re.sub(r": expected .*?(?= \(line)", ": expected", message)
    message = re.sub(r"(?i)node<\d+>|Node\(\d+\)", "node", message)
    message = re.sub(r" id=\d+,", "", message)
    return message


def compared(answer, statement):
    status, body, _ = answer
    body = body or {}
    rows = [plain(row) for row in body.get("data", {}).get("values", [])]
    if "ORDER BY" not in statement:
        rows.sort(key=lambda row: json.dumps(row, sort_keys=True))
    return {
        "status": status,
        "errors": [(error["code"], told(error["message"])) for error in body.get("errors", [])],
        "columns": body.get("data", {}).get("fields"),
        "rows": rows,
        "counters": body.get("counters"),
    }


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def same(self, name, ours, theirs):
        if ours == theirs:
            self.passed += 1
            print(f"ok    {name}")
            return
        self.failed += 1
        print(f"FAIL  {name}")
        for key in theirs:
            if ours.get(key) != theirs.get(key):
                print(f"        {key}: stand-in {json.dumps(ours.get(key), ensure_ascii=False)[:400]}")
                print(f"        {' ' * len(key)}      Neo4j {json.dumps(theirs.get(key), ensure_ascii=False)[:400]}")


def load(real):
    real.call("MATCH (n) DETACH DELETE n")
    for statement in MOVIES.read_text().split(";"):
        if statement.strip():
            status, body, _ = real.call(statement)
            assert status == 202 and "errors" not in body, body


def drop_others(ours):
    """The embedded database begins with the users of its secrets; a fresh Neo4j has one user."""
    for name in ("admin", "reports"):
        status, body, _ = ours.call("DROP USER $name", {"name": name}, "system")
        assert status == 202, body


def user_commands(checks, ours, theirs):
    """Several users: the statements of USERS, each by whom and where it says."""
    for line in USERS:
        login, database, statement = re.fullmatch(r"(?:(\w+:\S+) )?(?:/(\w+) )?(.*)", line).groups()
        who = dict(zip(("user", "password"), login.split(":"))) if login else {}
        act = lambda one: one.call(statement, USER_PARAMETERS, database or "system", includeCounters=True, **who)
        checks.same(f"users: {line}", compared(act(ours), statement), compared(act(theirs), statement))


def logins(checks, name, ours, theirs):
    """Passwords and lock-out. Each step goes to both; the lock-out's five seconds are really waited for, once."""

    def step(label, act):
        first, second = act(ours), act(theirs)
        checks.same(f"{name}: {label}", compared(first, ""), compared(second, ""))

    alter = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new"
    for label, old, new in [("wrong FROM", "wrong", "long-enough-1"), ("too short", None, "abc"), ("empty", None, ""), ("the same", None, None)]:
        step(f"ALTER, {label}", lambda one, old=old, new=new: one.call(
            alter, {"old": one.password if old is None else old, "new": one.password if new is None else new}, "system"))
    step("ALTER without parameters", lambda one: one.call(alter, {}, "system"))
    step("ALTER, half a sentence", lambda one: one.call("ALTER CURRENT USER SET PASSWORD FROM 'a'", {}, "system"))
    users = [
        ("CREATE USER too short", "CREATE USER parity SET PASSWORD 'short'"),
        ("CREATE USER", "CREATE USER parity SET PASSWORD 'long-enough-1'"),
        ("CREATE USER again", "CREATE USER parity SET PASSWORD 'long-enough-1'"),
        ("CREATE USER IF NOT EXISTS", "CREATE USER parity IF NOT EXISTS SET PASSWORD 'long-enough-1'"),
        ("ALTER USER the same", "ALTER USER parity SET PASSWORD 'long-enough-1'"),
        ("ALTER USER nobody", "ALTER USER nobody SET PASSWORD 'long-enough-1'"),
        ("DROP USER nobody", "DROP USER nobody"),
        ("DROP USER nobody IF EXISTS", "DROP USER nobody IF EXISTS"),
        ("DROP USER myself", "DROP USER neo4j"),
        ("SHOW USERS", "SHOW USERS"),
    ]
    for label, statement in users:
        step(label, lambda one, statement=statement: one.call(statement, database="system"))
    new_user = {"user": "parity", "password": "long-enough-1"}
    step("a new user must change the password", lambda one: one.call("RETURN 1", **new_user))
    step("ALTER on neo4j is refused meanwhile", lambda one: one.call(alter, {"old": "long-enough-1", "new": "long-enough-2"}, **new_user))
    step("ALTER on system goes", lambda one: one.call(alter, {"old": "long-enough-1", "new": "long-enough-2"}, "system", **new_user))
    odd = "a:b c\"'\\`$;{}ü" * 50
    step("an odd and long password", lambda one: one.call(alter, {"old": "long-enough-2", "new": odd}, user="parity", password="long-enough-2"))
    step("logs in", lambda one: one.call("RETURN 1 AS x", user="parity", password=odd))
    step("the old one is refused", lambda one: one.call("RETURN 1 AS x", user="parity", password="long-enough-2"))
    step("the right one again", lambda one: one.call("RETURN 1 AS x", user="parity", password=odd))
    for attempt in range(1, 4):
        step(f"failure {attempt}", lambda one: one.call("RETURN 1 AS x", user="parity", password="wrong"))
    step("locked out with the right password", lambda one: one.call("RETURN 1 AS x", user="parity", password=odd))
    time.sleep(5.6)
    step("one more failure after the lock", lambda one: one.call("RETURN 1 AS x", user="parity", password="wrong"))
    step("locked again at once", lambda one: one.call("RETURN 1 AS x", user="parity", password=odd))
    step("others are not locked out", lambda one: one.call("RETURN 1 AS x"))
    for attempt in range(4):
        step(f"nobody, failure {attempt + 1}", lambda one: one.call("RETURN 1", user="nobody", password="wrong"))
    step("DROP USER", lambda one: one.call("DROP USER parity", database="system"))


def http_details(checks, ours, theirs):
    def step(label, act):
        first, second = act(ours), act(theirs)
        checks.same(f"http: {label}", compared(first, ""), compared(second, ""))

    login = lambda one: "Basic " + base64.b64encode(f"{one.user}:{one.password}".encode()).decode()
    path, body = "/db/neo4j/query/v2", {"statement": "RETURN 1 AS x"}
    plain_json = {"content-type": "application/json"}
    step("no credentials", lambda one: one.send(path, body, plain_json))
    step("bearer", lambda one: one.send(path, body, {**plain_json, "authorization": "Bearer abc"}))
    step("broken header", lambda one: one.send(path, body, {**plain_json, "authorization": "Basic !!"}))
    step("not JSON", lambda one: one.send(path, b"nonsense", {**plain_json, "authorization": login(one)}))
    step("unknown member", lambda one: one.send(path, {**body, "x": 1}, {**plain_json, "authorization": login(one)}))
    step("no statement", lambda one: one.send(path, {}, {**plain_json, "authorization": login(one)}))
    step("wrong content type", lambda one: one.send(path, body, {"content-type": "text/plain", "authorization": login(one)}))
    step("wrong accept", lambda one: one.send(path, body, {**plain_json, "accept": "text/html", "authorization": login(one)}))
    step("GET", lambda one: one.send(path, None, {"authorization": login(one)}))
    step("unknown path", lambda one: one.send("/db/neo4j/nope", body, {**plain_json, "authorization": login(one)}))
    step("unknown database", lambda one: one.call("RETURN 1", database="nope"))
    step("MATCH on system", lambda one: one.call("MATCH (n) RETURN n", database="system"))
    step("RETURN on system", lambda one: one.call("RETURN 1 AS x", database="system"))
    step("read access mode", lambda one: one.call("CREATE (n:Temp) RETURN 1 AS x", accessMode="READ"))
    step("impersonation", lambda one: one.call("RETURN 1", impersonatedUser="bob"))
    typed = "RETURN 1 AS i, 1.5 AS f, 'a' AS s, null AS n, [1] AS l, {a: 1} AS m, date('2024-01-01') AS d, duration('P1D') AS du, datetime('2024-01-01T00:00Z') AS z, point({x:1,y:2}) AS p, 0.0/0.0 AS nan, true AS b"
    step("typed values", lambda one: one.call(typed, accept="application/vnd.neo4j.query"))


def main():
    if len(sys.argv) > 4:
        sys.exit(compare(sys.argv[1], Neo4j(*sys.argv[2:5])))
    import programs

    with programs.neo4j() as server:
        sys.exit(compare(programs.BINARY, Neo4j(server.http_uri, server.user, server.password)))


def compare(binary, real):
    load(real)
    stack = subprocess.Popen([binary, "local", "-o", "json", "--quiet-world"], stdout=subprocess.PIPE, text=True)
    checks = Checks()
    try:
        facts = json.loads(stack.stdout.readline())
        ours = Neo4j(facts["neo4j"]["query_api"], "neo4j", database_password(facts, facts["deployments"][0]))
        drop_others(ours)
        for statement in READS:
            act = lambda one, statement=statement: one.call(statement, PARAMETERS, includeCounters=True)
            checks.same(statement, compared(act(ours), statement), compared(act(real), statement))
        for statement in MISTAKES:
            statement = statement.replace("~", "\n")
            act = lambda one, statement=statement: one.call(statement)
            checks.same(statement, compared(act(ours), statement), compared(act(real), statement))
        for statement in WRITES:
            act = lambda one, statement=statement: one.call(statement, includeCounters=True)
            checks.same(statement, compared(act(ours), statement), compared(act(real), statement))
        user_commands(checks, ours, real)
        http_details(checks, ours, real)
        logins(checks, "login", ours, real)
    finally:
        stack.terminate()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    main()

#
# Copyright (c) "Neo4j"
# Neo4j Sweden AB [https://neo4j.com]
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
#
# Attribution Notice under the terms of the Apache License 2.0
#
# This work was created by the collective efforts of the openCypher community.
# Without limiting the terms of Section 6, any Derivative Work that is not
# approved by the public consensus process of the openCypher Implementers Group
# should not be described as “Cypher” (and Cypher® is a registered trademark of
# Neo4j Inc.) or as "openCypher". Extensions by implementers or prototypes or
# proposals for change that have been documented or implemented should only be
# described as "implementation extensions to Cypher" or as "proposed changes to
# Cypher that are not yet approved by the openCypher community".
#
#
# From https://github.com/opencypher/openCypher, tck/features/expressions/aggregation, commit 677cbaf.
# The features of the folder are joined into one file; their text is unchanged.

Feature: Aggregation1 - Count

  Scenario: [1] Count only non-null values
    Given an empty graph
    And having executed:
      """
      CREATE ({name: 'a', num: 33})
      CREATE ({name: 'a'})
      CREATE ({name: 'b', num: 42})
      """
    When executing query:
      """
      MATCH (n)
      RETURN n.name, count(n.num)
      """
    Then the result should be, in any order:
      | n.name | count(n.num) |
      | 'a'    | 1            |
      | 'b'    | 1            |
    And no side effects

  Scenario: [2] Counting loop relationships
    Given an empty graph
    And having executed:
      """
      CREATE (a), (a)-[:R]->(a)
      """
    When executing query:
      """
      MATCH ()-[r]-()
      RETURN count(r)
      """
    Then the result should be, in any order:
      | count(r) |
      | 1        |
    And no side effects

Feature: Aggregation2 - Min and Max

  Scenario: [1] `max()` over integers
    Given any graph
    When executing query:
      """
      UNWIND [1, 2, 0, null, -1] AS x
      RETURN max(x)
      """
    Then the result should be, in any order:
      | max(x) |
      | 2      |
    And no side effects

  Scenario: [2] `min()` over integers
    Given any graph
    When executing query:
      """
      UNWIND [1, 2, 0, null, -1] AS x
      RETURN min(x)
      """
    Then the result should be, in any order:
      | min(x) |
      | -1     |
    And no side effects

  Scenario: [3] `max()` over floats
    Given any graph
    When executing query:
      """
      UNWIND [1.0, 2.0, 0.5, null] AS x
      RETURN max(x)
      """
    Then the result should be, in any order:
      | max(x) |
      | 2.0    |
    And no side effects

  Scenario: [4] `min()` over floats
    Given any graph
    When executing query:
      """
      UNWIND [1.0, 2.0, 0.5, null] AS x
      RETURN min(x)
      """
    Then the result should be, in any order:
      | min(x) |
      | 0.5    |
    And no side effects

  Scenario: [5] `max()` over mixed numeric values
    Given any graph
    When executing query:
      """
      UNWIND [1, 2.0, 5, null, 3.2, 0.1] AS x
      RETURN max(x)
      """
    Then the result should be, in any order:
      | max(x) |
      | 5      |
    And no side effects

  Scenario: [6] `min()` over mixed numeric values
    Given any graph
    When executing query:
      """
      UNWIND [1, 2.0, 5, null, 3.2, 0.1] AS x
      RETURN min(x)
      """
    Then the result should be, in any order:
      | min(x) |
      | 0.1    |
    And no side effects

  Scenario: [7] `max()` over strings
    Given any graph
    When executing query:
      """
      UNWIND ['a', 'b', 'B', null, 'abc', 'abc1'] AS i
      RETURN max(i)
      """
    Then the result should be, in any order:
      | max(i) |
      | 'b'    |
    And no side effects

  Scenario: [8] `min()` over strings
    Given any graph
    When executing query:
      """
      UNWIND ['a', 'b', 'B', null, 'abc', 'abc1'] AS i
      RETURN min(i)
      """
    Then the result should be, in any order:
      | min(i) |
      | 'B'    |
    And no side effects

  Scenario: [9] `max()` over list values
    Given any graph
    When executing query:
      """
      UNWIND [[1], [2], [2, 1]] AS x
      RETURN max(x)
      """
    Then the result should be, in any order:
      | max(x) |
      | [2, 1] |
    And no side effects

  Scenario: [10] `min()` over list values
    Given any graph
    When executing query:
      """
      UNWIND [[1], [2], [2, 1]] AS x
      RETURN min(x)
      """
    Then the result should be, in any order:
      | min(x) |
      | [1]    |
    And no side effects

  Scenario: [11] `max()` over mixed values
    Given any graph
    When executing query:
      """
      UNWIND [1, 'a', null, [1, 2], 0.2, 'b'] AS x
      RETURN max(x)
      """
    Then the result should be, in any order:
      | max(x) |
      | 1      |
    And no side effects

  Scenario: [12] `min()` over mixed values
    Given any graph
    When executing query:
      """
      UNWIND [1, 'a', null, [1, 2], 0.2, 'b'] AS x
      RETURN min(x)
      """
    Then the result should be, in any order:
      | min(x) |
      | [1, 2] |
    And no side effects

Feature: Aggregation3 - Sum

  Scenario: [1] Sum only non-null values
    Given an empty graph
    And having executed:
      """
      CREATE ({name: 'a', num: 33})
      CREATE ({name: 'a'})
      CREATE ({name: 'a', num: 42})
      """
    When executing query:
      """
      MATCH (n)
      RETURN n.name, sum(n.num)
      """
    Then the result should be, in any order:
      | n.name | sum(n.num) |
      | 'a'    | 75         |
    And no side effects

  Scenario: [2] No overflow during summation
    Given any graph
    When executing query:
      """
      UNWIND range(1000000, 2000000) AS i
      WITH i
      LIMIT 3000
      RETURN sum(i)
      """
    Then the result should be, in any order:
      | sum(i)     |
      | 3004498500 |
    And no side effects

Feature: Aggregation4 - Avg

Feature: Aggregation5 - Collect

  Scenario: [1] `collect()` filtering nulls
    Given an empty graph
    And having executed:
      """
      CREATE ()
      """
    When executing query:
      """
      MATCH (n)
      OPTIONAL MATCH (n)-[:NOT_EXIST]->(x)
      RETURN n, collect(x)
      """
    Then the result should be, in any order:
      | n  | collect(x) |
      | () | []         |
    And no side effects

  Scenario: [2] OPTIONAL MATCH and `collect()` on node property
    Given an empty graph
    And having executed:
      """
      CREATE (:DoesExist {num: 42})
      CREATE (:DoesExist {num: 43})
      CREATE (:DoesExist {num: 44})
      """
    When executing query:
      """
      OPTIONAL MATCH (f:DoesExist)
      OPTIONAL MATCH (n:DoesNotExist)
      RETURN collect(DISTINCT n.num) AS a, collect(DISTINCT f.num) AS b
      """
    Then the result should be (ignoring element order for lists):
      | a  | b            |
      | [] | [42, 43, 44] |
    And no side effects

Feature: Aggregation6 - Percentiles

  Scenario Outline: [1] `percentileDisc()`
    Given an empty graph
    And having executed:
      """
      CREATE ({price: 10.0}),
             ({price: 20.0}),
             ({price: 30.0})
      """
    And parameters are:
      | percentile | <p> |
    When executing query:
      """
      MATCH (n)
      RETURN percentileDisc(n.price, $percentile) AS p
      """
    Then the result should be, in any order:
      | p        |
      | <result> |
    And no side effects

    Examples:
      | p   | result |
      | 0.0 | 10.0   |
      | 0.5 | 20.0   |
      | 1.0 | 30.0   |

  Scenario Outline: [2] `percentileCont()`
    Given an empty graph
    And having executed:
      """
      CREATE ({price: 10.0}),
             ({price: 20.0}),
             ({price: 30.0})
      """
    And parameters are:
      | percentile | <p> |
    When executing query:
      """
      MATCH (n)
      RETURN percentileCont(n.price, $percentile) AS p
      """
    Then the result should be, in any order:
      | p        |
      | <result> |
    And no side effects

    Examples:
      | p   | result |
      | 0.0 | 10.0   |
      | 0.5 | 20.0   |
      | 1.0 | 30.0   |

  Scenario Outline: [3] `percentileCont()` failing on bad arguments
    Given an empty graph
    And having executed:
      """
      CREATE ({price: 10.0})
      """
    And parameters are:
      | param | <percentile> |
    When executing query:
      """
      MATCH (n)
      RETURN percentileCont(n.price, $param)
      """
    Then a ArgumentError should be raised at runtime: NumberOutOfRange

    Examples:
      | percentile |
      | 1000       |
      | -1         |
      | 1.1        |

  Scenario Outline: [4] `percentileDisc()` failing on bad arguments
    Given an empty graph
    And having executed:
      """
      CREATE ({price: 10.0})
      """
    And parameters are:
      | param | <percentile> |
    When executing query:
      """
      MATCH (n)
      RETURN percentileDisc(n.price, $param)
      """
    Then a ArgumentError should be raised at runtime: NumberOutOfRange

    Examples:
      | percentile |
      | 1000       |
      | -1         |
      | 1.1        |

  Scenario: [5] `percentileDisc()` failing in more involved query
    Given an empty graph
    And having executed:
      """
      UNWIND range(0, 10) AS i
      CREATE (s:S)
      WITH s, i
      UNWIND range(0, i) AS j
      CREATE (s)-[:REL]->()
      """
    When executing query:
      """
      MATCH (n:S)
      WITH n, size([(n)-->() | 1]) AS deg
      WHERE deg > 2
      WITH deg
      LIMIT 100
      RETURN percentileDisc(0.90, deg), deg
      """
    Then a ArgumentError should be raised at runtime: NumberOutOfRange

Feature: Aggregation7 - Standard deviation

Feature: Aggregation8 - DISTINCT

  Scenario: [1] Distinct on unbound node
    Given an empty graph
    When executing query:
      """
      OPTIONAL MATCH (a)
      RETURN count(DISTINCT a)
      """
    Then the result should be, in any order:
      | count(DISTINCT a) |
      | 0                 |
    And no side effects

  Scenario: [2] Distinct on null
    Given an empty graph
    And having executed:
      """
      CREATE ()
      """
    When executing query:
      """
      MATCH (a)
      RETURN count(DISTINCT a.name)
      """
    Then the result should be, in any order:
      | count(DISTINCT a.name) |
      | 0                      |
    And no side effects

  Scenario: [3] Collect distinct nulls
    Given any graph
    When executing query:
      """
      UNWIND [null, null] AS x
      RETURN collect(DISTINCT x) AS c
      """
    Then the result should be, in any order:
      | c  |
      | [] |
    And no side effects

  Scenario: [4] Collect distinct values mixed with nulls
    Given any graph
    When executing query:
      """
      UNWIND [null, 1, null] AS x
      RETURN collect(DISTINCT x) AS c
      """
    Then the result should be, in any order:
      | c   |
      | [1] |
    And no side effects

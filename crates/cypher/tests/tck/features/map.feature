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
# From https://github.com/opencypher/openCypher, tck/features/expressions/map, commit 677cbaf.
# The features of the folder are joined into one file; their text is unchanged.

Feature: Map1 - Static value access
# Static value access refers to the dot-operator – <expression resulting in a map>.<identify> – which does not allow any dynamic computation of the map key – i.e. <identify>.

  Scenario: [1] Statically access a field of a non-null map
    Given any graph
    When executing query:
      """
      WITH {existing: 42, notMissing: null} AS m
      RETURN m.missing, m.notMissing, m.existing
      """
    Then the result should be, in any order:
      | m.missing | m.notMissing | m.existing |
      | null      | null         | 42         |
    And no side effects

  Scenario: [2] Statically access a field of a null map
    Given any graph
    When executing query:
      """
      WITH null AS m
      RETURN m.missing
      """
    Then the result should be, in any order:
      | m.missing |
      | null      |
    And no side effects

  Scenario: [3] Statically access a field of a map resulting from an expression
    Given any graph
    When executing query:
      """
      WITH [123, {existing: 42, notMissing: null}] AS list
      RETURN (list[1]).missing, (list[1]).notMissing, (list[1]).existing
      """
    Then the result should be, in any order:
      | (list[1]).missing | (list[1]).notMissing | (list[1]).existing |
      | null              | null                 | 42                 |
    And no side effects

  Scenario Outline: [4] Statically access a field is case-sensitive
    Given any graph
    When executing query:
      """
      WITH <map> AS map
      RETURN map.<key> AS result
      """
    Then the result should be, in any order:
      | result   |
      | <result> |
    And no side effects

    Examples:
      | map                            | key  | result   |
      | {name: 'Mats', nome: 'Pontus'} | name | 'Mats'   |
      | {name: 'Mats', Name: 'Pontus'} | name | 'Mats'   |
      | {name: 'Mats', Name: 'Pontus'} | Name | 'Pontus' |
      | {name: 'Mats', Name: 'Pontus'} | nAMe | null     |

  Scenario Outline: [5] Statically access a field with a delimited identifier
    Given any graph
    When executing query:
      """
      WITH <map> AS map
      RETURN map.<key> AS result
      """
    Then the result should be, in any order:
      | result   |
      | <result> |
    And no side effects

    Examples:
      | map                            | key    | result   |
      | {name: 'Mats', nome: 'Pontus'} | `name` | 'Mats'   |
      | {name: 'Mats', nome: 'Pontus'} | `nome` | 'Pontus' |
      | {name: 'Mats', nome: 'Pontus'} | `Mats` | null     |
      | {name: 'Mats', nome: 'Pontus'} | `null` | null     |
      | {null: 'Mats', NULL: 'Pontus'} | `null` | 'Mats'   |
      | {null: 'Mats', NULL: 'Pontus'} | `NULL` | 'Pontus' |

  Scenario Outline: [6] Fail when performing property access on a non-map
    Given any graph
    When executing query:
      """
      WITH <exp> AS nonMap
      RETURN nonMap.num
      """
    Then a TypeError should be raised at compile time: InvalidArgumentType

    Examples:
      | exp         |
      | 123         |
      | 42.45       |
      | true        |
      | false       |
      | 'string'    |
      | [123, true] |

Feature: Map2 - Dynamic Value Access
# Dynamic value access refers to the bracket-operator – <expression resulting in a map>'['<expression resulting in a string>']' – irrespectively of whether the map key – i.e. <expression resulting in a string> – could be evaluated statically in a given scenario.

  Scenario: [1] Dynamically access a field based on parameters when there is no type information
    Given any graph
    And parameters are:
      | expr | {name: 'Apa'} |
      | idx  | 'name'        |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[idx] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And no side effects

  Scenario: [2] Dynamically access a field based on parameters when there is rhs type information
    Given any graph
    And parameters are:
      | expr | {name: 'Apa'} |
      | idx  | 'name'        |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[toString(idx)] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And no side effects

  Scenario: [3] Dynamically access a field on null results in null
    Given any graph
    When executing query:
      """
      WITH null AS expr, 'x' AS idx
      RETURN expr[idx] AS value
      """
    Then the result should be, in any order:
      | value |
      | null  |
    And no side effects

  Scenario: [4] Dynamically access a field with null results in null
    Given any graph
    When executing query:
      """
      WITH {name: 'Mats'} AS expr, null AS idx
      RETURN expr[idx] AS value
      """
    Then the result should be, in any order:
      | value |
      | null  |
    And no side effects

  Scenario Outline: [5] Dynamically access a field is case-sensitive
    Given any graph
    When executing query:
      """
      WITH <map> AS map
      RETURN map[<key>] AS result
      """
    Then the result should be, in any order:
      | result   |
      | <result> |
    And no side effects

    Examples:
      | map                            | key    | result   |
      | {name: 'Mats', nome: 'Pontus'} | 'name' | 'Mats'   |
      | {name: 'Mats', Name: 'Pontus'} | 'name' | 'Mats'   |
      | {name: 'Mats', Name: 'Pontus'} | 'Name' | 'Pontus' |
      | {name: 'Mats', Name: 'Pontus'} | 'nAMe' | null     |
      | {name: 'Mats', nome: 'Pontus'} | 'null' | null     |
      | {null: 'Mats', NULL: 'Pontus'} | 'null' | 'Mats'   |
      | {null: 'Mats', NULL: 'Pontus'} | 'NULL' | 'Pontus' |

  Scenario: [6] Fail at runtime when attempting to index with an Int into a Map
    Given any graph
    And parameters are:
      | expr | {name: 'Apa'} |
      | idx  | 0             |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[idx]
      """
    Then a TypeError should be raised at runtime: MapElementAccessByNonString

  Scenario: [7] Fail at runtime when trying to index into a map with a non-string
    Given any graph
    And parameters are:
      | expr | {name: 'Apa'} |
      | idx  | 12.3          |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[idx]
      """
    Then a TypeError should be raised at runtime: MapElementAccessByNonString

  Scenario: [8] Fail at runtime when trying to index something which is not a map
    Given any graph
    And parameters are:
      | expr | 100 |
      | idx  | 0   |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[idx]
      """
    Then a TypeError should be raised at runtime: InvalidArgumentType

Feature: Map3 - Keys function

  Scenario: [1] Using `keys()` on a literal map
    Given any graph
    When executing query:
      """
      RETURN keys({name: 'Alice', age: 38, address: {city: 'London', residential: true}}) AS k
      """
    Then the result should be (ignoring element order for lists):
      | k                          |
      | ['name', 'age', 'address'] |
    And no side effects

  Scenario: [2] Using `keys()` on a parameter map
    Given any graph
    And parameters are:
      | param | {name: 'Alice', age: 38, address: {city: 'London', residential: true}} |
    When executing query:
      """
      RETURN keys($param) AS k
      """
    Then the result should be (ignoring element order for lists):
      | k                          |
      | ['address', 'name', 'age'] |
    And no side effects

  Scenario: [3] Using `keys()` on null map
    Given any graph
    When executing query:
      """
      WITH null AS m
      RETURN keys(m), keys(null)
      """
    Then the result should be, in any order:
      | keys(m) | keys(null) |
      | null    | null       |
    And no side effects

  Scenario Outline: [4] Using `keys()` on map with null values
    Given any graph
    When executing query:
      """
      RETURN keys(<map>) AS keys
      """
    Then the result should be (ignoring element order for lists):
      | keys     |
      | <result> |
    And no side effects

    Examples:
      | map                   | result          |
      | {}                    | []              |
      | {k: 1}                | ['k']           |
      | {k: null}             | ['k']           |
      | {k: null, l: 1}       | ['k', 'l']      |
      | {k: 1, l: null}       | ['k', 'l']      |
      | {k: null, l: null}    | ['k', 'l']      |
      | {k: 1, l: null, m: 1} | ['k', 'l', 'm'] |

  Scenario: [5] Using `keys()` and `IN` to check field existence
    Given any graph
    When executing query:
      """
      WITH {exists: 42, notMissing: null} AS map
      RETURN 'exists' IN keys(map) AS a,
             'notMissing' IN keys(map) AS b,
             'missing' IN keys(map) AS c
      """
    Then the result should be, in any order:
      | a    | b    | c     |
      | true | true | false |
    And no side effects

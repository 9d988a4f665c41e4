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
# From https://github.com/opencypher/openCypher, tck/features/expressions/graph, commit 677cbaf.
# The features of the folder are joined into one file; their text is unchanged.

Feature: Graph1 - Node and edge identifier - ID function

Feature: Graph2 - Edge source and destination

Feature: Graph3 - Node labels

    # similar to Create1.[1] => rename to make clear labels() is tested
  Scenario: [1] Creating node without label
    Given an empty graph
    When executing query:
      """
      CREATE (node)
      RETURN labels(node)
      """
    Then the result should be, in any order:
      | labels(node) |
      | []           |
    And the side effects should be:
      | +nodes | 1 |

  # similar to Create1.[3]/[4] => rename to make clear labels() is tested
  Scenario: [2] Creating node with two labels
    Given an empty graph
    When executing query:
      """
      CREATE (node:Foo:Bar {name: 'Mattias'})
      RETURN labels(node)
      """
    Then the result should be (ignoring element order for lists):
      | labels(node)   |
      | ['Foo', 'Bar'] |
    And the side effects should be:
      | +nodes      | 1 |
      | +labels     | 2 |
      | +properties | 1 |

  # consider adding to Create1
  Scenario: [3] Ignore space when creating node with labels
    Given an empty graph
    When executing query:
      """
      CREATE (node :Foo:Bar)
      RETURN labels(node)
      """
    Then the result should be (ignoring element order for lists):
      | labels(node)   |
      | ['Foo', 'Bar'] |
    And the side effects should be:
      | +nodes  | 1 |
      | +labels | 2 |

  # consider adding to Create1
  Scenario: [4] Create node with label in pattern
    Given an empty graph
    When executing query:
      """
      CREATE (n:Person)-[:OWNS]->(:Dog)
      RETURN labels(n)
      """
    Then the result should be, in any order:
      | labels(n)  |
      | ['Person'] |
    And the side effects should be:
      | +nodes         | 2 |
      | +relationships | 1 |
      | +labels        | 2 |

  Scenario: [5] Using `labels()` in return clauses
    Given an empty graph
    And having executed:
      """
      CREATE ()
      """
    When executing query:
      """
      MATCH (n)
      RETURN labels(n)
      """
    Then the result should be, in any order:
      | labels(n) |
      | []        |
    And no side effects

  Scenario: [6] `labels()` should accept type Any
    Given an empty graph
    And having executed:
      """
      CREATE (:Foo), (:Foo:Bar)
      """
    When executing query:
      """
      MATCH (a)
      WITH [a, 1] AS list
      RETURN labels(list[0]) AS l
      """
    Then the result should be (ignoring element order for lists):
      | l              |
      | ['Foo']        |
      | ['Foo', 'Bar'] |
    And no side effects

  Scenario: [7] `labels()` on null node
    Given an empty graph
    When executing query:
      """
      OPTIONAL MATCH (n:DoesNotExist)
      RETURN labels(n), labels(null)
      """
    Then the result should be, in any order:
      | labels(n) | labels(null) |
      | null      | null         |
    And no side effects

  Scenario: [8] `labels()` failing on a path
    Given an empty graph
    And having executed:
      """
      CREATE (:Foo), (:Foo:Bar)
      """
    When executing query:
      """
      MATCH p = (a)
      RETURN labels(p) AS l
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

  Scenario: [9] `labels()` failing on invalid arguments
    Given an empty graph
    And having executed:
      """
      CREATE (:Foo), (:Foo:Bar)
      """
    When executing query:
      """
      MATCH (a)
      WITH [a, 1] AS list
      RETURN labels(list[1]) AS l
      """
    Then a TypeError should be raised at runtime: InvalidArgumentValue

Feature: Graph4 - Edge relationship type

  Scenario: [1] `type()`
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:T]->()
      """
    When executing query:
      """
      MATCH ()-[r]->()
      RETURN type(r)
      """
    Then the result should be, in any order:
      | type(r) |
      | 'T'     |
    And no side effects

  Scenario: [2] `type()` on two relationships
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:T1]->()-[:T2]->()
      """
    When executing query:
      """
      MATCH ()-[r1]->()-[r2]->()
      RETURN type(r1), type(r2)
      """
    Then the result should be, in any order:
      | type(r1) | type(r2) |
      | 'T1'     | 'T2'     |
    And no side effects

  Scenario: [3] `type()` on null relationship
    Given an empty graph
    And having executed:
      """
      CREATE ()
      """
    When executing query:
      """
      MATCH (a)
      OPTIONAL MATCH (a)-[r:NOT_THERE]->()
      RETURN type(r), type(null)
      """
    Then the result should be, in any order:
      | type(r) | type(null) |
      | null    | null       |
    And no side effects

  Scenario: [4] `type()` on mixed null and non-null relationships
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:T]->()
      """
    When executing query:
      """
      MATCH (a)
      OPTIONAL MATCH (a)-[r:T]->()
      RETURN type(r)
      """
    Then the result should be, in any order:
      | type(r) |
      | 'T'     |
      | null    |
    And no side effects

  Scenario: [5] `type()` handling Any type
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:T]->()
      """
    When executing query:
      """
      MATCH (a)-[r]->()
      WITH [r, 1] AS list
      RETURN type(list[0])
      """
    Then the result should be, in any order:
      | type(list[0]) |
      | 'T'           |
    And no side effects

  Scenario Outline: [6] `type()` failing on invalid arguments
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:T]->()
      """
    When executing query:
      """
      MATCH p = (n)-[r:T]->()
      RETURN [x IN [r, <invalid>] | type(x) ] AS list
      """
    Then a TypeError should be raised at runtime: InvalidArgumentValue

    Examples:
      | invalid |
      | 0       |
      | 1.0     |
      | true    |
      | ''      |
      | []      |

  Scenario: [7] Failing when using `type()` on a node
    Given any graph
    When executing query:
      """
      MATCH (r)
      RETURN type(r)
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

Feature: Graph5 - Node and edge label expressions

  Scenario: [1] Single-labels expression on nodes
    Given an empty graph
    And having executed:
      """
      CREATE (:A:B:C), (:A:B), (:A:C), (:B:C),
             (:A), (:B), (:C), ()
      """
    When executing query:
      """
      MATCH (a)
      RETURN a, a:B AS result
      """
    Then the result should be, in any order:
      | a        | result |
      | (:A:B:C) | true   |
      | (:A:B)   | true   |
      | (:A:C)   | false  |
      | (:B:C)   | true   |
      | (:A)     | false  |
      | (:B)     | true   |
      | (:C)     | false  |
      | ()       | false  |
    And no side effects

  # This scenario does not work in Cypher. Although that is a little bit odd.
  @ignore @skipStyleCheck
  Scenario: [2] Single-labels expression on relationships
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:T1]->(),
             ()-[:T2]->(),
             ()-[:t2]->(),
             (:T2)-[:T3]->(),
             ()-[:T4]->(:T2)
      """
    When executing query:
      """
      MATCH ()-[r]->()
      RETURN r, r:T2 AS result
      """
    Then the result should be, in any order:
      | r     | result |
      | [:T1] | false  |
      | [:T2] | true   |
      | [:t2] | false  |
      | [:T3] | false  |
      | [:T4] | false  |
    And no side effects

  Scenario: [3] Conjunctive labels expression on nodes
    Given an empty graph
    And having executed:
      """
      CREATE (:A:B:C), (:A:B), (:A:C), (:B:C),
             (:A), (:B), (:C), ()
      """
    When executing query:
      """
      MATCH (a)
      RETURN a, a:A:B AS result
      """
    Then the result should be, in any order:
      | a        | result |
      | (:A:B:C) | true   |
      | (:A:B)   | true   |
      | (:A:C)   | false  |
      | (:B:C)   | false  |
      | (:A)     | false  |
      | (:B)     | false  |
      | (:C)     | false  |
      | ()       | false  |
    And no side effects

  Scenario Outline: [4] Conjunctive labels expression on nodes with varying order and repeating labels
    Given an empty graph
    And having executed:
      """
      CREATE (:A:B), (:A:C), (:B:C),
             (:A), (:B), (:C), ()
      """
    When executing query:
      """
      MATCH (a)
      WHERE a<labelexp>
      RETURN a
      """
    Then the result should be, in any order:
      | a        |
      | <result> |
    And no side effects

    Examples:
      | labelexp | result |
      | :A:C     | (:A:C) |
      | :C:A     | (:A:C) |
      | :A:C:A   | (:A:C) |
      | :C:C:A   | (:A:C) |
      | :C:A:A:C | (:A:C) |

  Scenario: [5] Label expression on null
    Given an empty graph
    And having executed:
      """
      CREATE (s:Single)
      """
    When executing query:
      """
      MATCH (n:Single)
      OPTIONAL MATCH (n)-[r:TYPE]-(m)
      RETURN m:TYPE
      """
    Then the result should be, in any order:
      | m:TYPE |
      | null   |
    And no side effects

Feature: Graph6 - Static property access
  # Accessing a property of a node or edge by using a symbolic name as the key.

  Scenario: [1] Statically access a property of a non-null node
    Given an empty graph
    And having executed:
      """
      CREATE ({existing: 42, missing: null})
      """
    When executing query:
      """
      MATCH (n)
      RETURN n.missing, n.missingToo, n.existing
      """
    Then the result should be, in any order:
      | n.missing | n.missingToo | n.existing |
      | null      | null         | 42         |
    And no side effects

  Scenario: [2] Statically access a property of a optional non-null node
    Given an empty graph
    And having executed:
      """
      CREATE ({existing: 42, missing: null})
      """
    When executing query:
      """
      OPTIONAL MATCH (n)
      RETURN n.missing, n.missingToo, n.existing
      """
    Then the result should be, in any order:
      | n.missing | n.missingToo | n.existing |
      | null      | null         | 42         |
    And no side effects

  Scenario: [3] Statically access a property of a null node
    Given an empty graph
    When executing query:
      """
      OPTIONAL MATCH (n)
      RETURN n.missing
      """
    Then the result should be, in any order:
      | n.missing |
      | null      |
    And no side effects

  Scenario: [4] Statically access a property of a node resulting from an expression
    Given an empty graph
    And having executed:
      """
      CREATE ({existing: 42, missing: null})
      """
    When executing query:
      """
      MATCH (n)
      WITH [123, n] AS list
      RETURN (list[1]).missing, (list[1]).missingToo, (list[1]).existing
      """
    Then the result should be, in any order:
      | (list[1]).missing | (list[1]).missingToo | (list[1]).existing |
      | null              | null                 | 42                 |
    And no side effects

  Scenario: [5] Statically access a property of a non-null relationship
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:REL {existing: 42, missing: null}]->()
      """
    When executing query:
      """
      MATCH ()-[r]->()
      RETURN r.missing, r.missingToo, r.existing
      """
    Then the result should be, in any order:
      | r.missing | r.missingToo | r.existing |
      | null      | null         | 42         |
    And no side effects

  Scenario: [6] Statically access a property of a optional non-null relationship
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:REL {existing: 42, missing: null}]->()
      """
    When executing query:
      """
      OPTIONAL MATCH ()-[r]->()
      RETURN r.missing, r.missingToo, r.existing
      """
    Then the result should be, in any order:
      | r.missing | r.missingToo | r.existing |
      | null      | null         | 42         |
    And no side effects

  Scenario: [7] Statically access a property of a null relationship
    Given an empty graph
    When executing query:
      """
      OPTIONAL MATCH ()-[r]->()
      RETURN r.missing
      """
    Then the result should be, in any order:
      | r.missing |
      | null      |
    And no side effects

  Scenario: [8] Statically access a property of a relationship resulting from an expression
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:REL {existing: 42, missing: null}]->()
      """
    When executing query:
      """
      MATCH ()-[r]->()
      WITH [123, r] AS list
      RETURN (list[1]).missing, (list[1]).missingToo, (list[1]).existing
      """
    Then the result should be, in any order:
      | (list[1]).missing | (list[1]).missingToo | (list[1]).existing |
      | null              | null                 | 42                 |
    And no side effects

  Scenario Outline: [9] Fail when performing property access on a non-graph element
    Given any graph
    When executing query:
      """
      WITH <exp> AS nonGraphElement
      RETURN nonGraphElement.num
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

Feature: Graph7 - Dynamic property access
  # Accessing a property of a node or edge by using a dynamically-computed string value as the key; e.g. allowing for the key to be passed in as a parameter

  Scenario: [1] Execute n['name'] in read queries
    Given any graph
    And having executed:
      """
      CREATE ({name: 'Apa'})
      """
    When executing query:
      """
      MATCH (n {name: 'Apa'})
      RETURN n['nam' + 'e'] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And no side effects

  Scenario: [2] Execute n['name'] in update queries
    Given any graph
    When executing query:
      """
      CREATE (n {name: 'Apa'})
      RETURN n['nam' + 'e'] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And the side effects should be:
      | +nodes      | 1 |
      | +properties | 1 |

  Scenario: [3] Use dynamic property lookup based on parameters when there is lhs type information
    Given any graph
    And parameters are:
      | idx | 'name' |
    When executing query:
      """
      CREATE (n {name: 'Apa'})
      RETURN n[$idx] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And the side effects should be:
      | +nodes      | 1 |
      | +properties | 1 |

Feature: Graph8 - Property keys function

  Scenario: [1] Using `keys()` on a single node, non-empty result
    Given an empty graph
    And having executed:
      """
      CREATE ({name: 'Andres', surname: 'Lopez'})
      """
    When executing query:
      """
      MATCH (n)
      UNWIND keys(n) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps  |
      | 'name'    |
      | 'surname' |
    And no side effects

  Scenario: [2] Using `keys()` on multiple nodes, non-empty result
    Given an empty graph
    And having executed:
      """
      CREATE ({name: 'Andres', surname: 'Lopez'}),
             ({otherName: 'Andres', otherSurname: 'Lopez'})
      """
    When executing query:
      """
      MATCH (n)
      UNWIND keys(n) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps       |
      | 'name'         |
      | 'surname'      |
      | 'otherName'    |
      | 'otherSurname' |
    And no side effects

  Scenario: [3] Using `keys()` on a single node, empty result
    Given an empty graph
    And having executed:
      """
      CREATE ()
      """
    When executing query:
      """
      MATCH (n)
      UNWIND keys(n) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps |
    And no side effects

  Scenario: [4] Using `keys()` on an optionally matched node
    Given an empty graph
    And having executed:
      """
      CREATE ()
      """
    When executing query:
      """
      OPTIONAL MATCH (n)
      UNWIND keys(n) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps |
    And no side effects

  Scenario: [5] Using `keys()` on a relationship, non-empty result
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:KNOWS {status: 'bad', year: '2015'}]->()
      """
    When executing query:
      """
      MATCH ()-[r:KNOWS]-()
      UNWIND keys(r) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps |
      | 'status' |
      | 'year'   |
    And no side effects

  Scenario: [6] Using `keys()` on a relationship, empty result
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:KNOWS]->()
      """
    When executing query:
      """
      MATCH ()-[r:KNOWS]-()
      UNWIND keys(r) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps |
    And no side effects

  Scenario: [7] Using `keys()` on an optionally matched relationship
    Given an empty graph
    And having executed:
      """
      CREATE ()-[:KNOWS]->()
      """
    When executing query:
      """
      OPTIONAL MATCH ()-[r:KNOWS]-()
      UNWIND keys(r) AS x
      RETURN DISTINCT x AS theProps
      """
    Then the result should be, in any order:
      | theProps |
    And no side effects

  Scenario: [8] Using `keys()` and `IN` to check property existence
    Given an empty graph
    And having executed:
      """
      CREATE ({exists: 42, missing: null})
      """
    When executing query:
      """
      MATCH (n)
      RETURN 'exists' IN keys(n) AS a,
             'missing' IN keys(n) AS b,
             'missingToo' IN keys(n) AS c
      """
    Then the result should be, in any order:
      | a    | b     | c     |
      | true | false | false |
    And no side effects

Feature: Graph9 - Retrieve all properties as a property map

  Scenario: [1] `properties()` on a node
    Given an empty graph
    And having executed:
      """
      CREATE (n:Person {name: 'Popeye', level: 9001})
      """
    When executing query:
      """
      MATCH (p:Person)
      RETURN properties(p) AS m
      """
    Then the result should be, in any order:
      | m                             |
      | {name: 'Popeye', level: 9001} |
    And no side effects

  Scenario: [2] `properties()` on a relationship
    Given an empty graph
    And having executed:
      """
      CREATE (n)-[:R {name: 'Popeye', level: 9001}]->(n)
      """
    When executing query:
      """
      MATCH ()-[r:R]->()
      RETURN properties(r) AS m
      """
    Then the result should be, in any order:
      | m                             |
      | {name: 'Popeye', level: 9001} |
    And no side effects

  Scenario: [3] `properties()` on null
    Given an empty graph
    When executing query:
      """
      OPTIONAL MATCH (n:DoesNotExist)
      OPTIONAL MATCH (n)-[r:NOT_THERE]->()
      RETURN properties(n), properties(r), properties(null)
      """
    Then the result should be, in any order:
      | properties(n) | properties(r) | properties(null) |
      | null          | null          | null             |
    And no side effects

  Scenario: [4] `properties()` on a map
    Given any graph
    When executing query:
      """
      RETURN properties({name: 'Popeye', level: 9001}) AS m
      """
    Then the result should be, in any order:
      | m                             |
      | {name: 'Popeye', level: 9001} |
    And no side effects

  Scenario: [5] `properties()` failing on an integer literal
    Given any graph
    When executing query:
      """
      RETURN properties(1)
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

  Scenario: [6] `properties()` failing on a string literal
    Given any graph
    When executing query:
      """
      RETURN properties('Cypher')
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

  Scenario: [7] `properties()` failing on a list of booleans
    Given any graph
    When executing query:
      """
      RETURN properties([true, false])
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

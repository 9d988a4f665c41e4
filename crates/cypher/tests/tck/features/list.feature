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
# From https://github.com/opencypher/openCypher, tck/features/expressions/list, commit 677cbaf.
# The features of the folder are joined into one file; their text is unchanged.

Feature: List1 - Dynamic Element Access
# Dynamic element access refers to the bracket-operator – <expression resulting in a list>[<expression resulting in an integer>] – irrespectively of whether the list index – i.e. <expression resulting in an integer> – could be evaluated statically in a given scenario.

  Scenario: [1] Indexing into literal list
    Given any graph
    When executing query:
      """
      RETURN [1, 2, 3][0] AS value
      """
    Then the result should be, in any order:
      | value |
      | 1     |
    And no side effects

  Scenario: [2] Indexing into nested literal lists
    Given any graph
    When executing query:
      """
      RETURN [[1]][0][0]
      """
    Then the result should be, in any order:
      | [[1]][0][0] |
      | 1           |
    And no side effects

  Scenario: [3] Use list lookup based on parameters when there is no type information
    Given any graph
    And parameters are:
      | expr | ['Apa'] |
      | idx  | 0       |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[idx] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And no side effects

  Scenario: [4] Use list lookup based on parameters when there is lhs type information
    Given any graph
    And parameters are:
      | idx | 0 |
    When executing query:
      """
      WITH ['Apa'] AS expr
      RETURN expr[$idx] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And no side effects

  Scenario: [5] Use list lookup based on parameters when there is rhs type information
    Given any graph
    And parameters are:
      | expr | ['Apa'] |
      | idx  | 0       |
    When executing query:
      """
      WITH $expr AS expr, $idx AS idx
      RETURN expr[toInteger(idx)] AS value
      """
    Then the result should be, in any order:
      | value |
      | 'Apa' |
    And no side effects

  Scenario Outline: [6] Fail when indexing a non-list #Example: <exampleName>
    Given any graph
    When executing query:
      """
      WITH <expr> AS list, 0 AS idx
      RETURN list[idx]
      """
    Then a TypeError should be raised at any time: InvalidArgumentType

    Examples:
      | expr   | exampleName  |
      | true   | boolean      |
      | 123    | integer      |
      | 4.7    | float        |
      | '1'    | string       |

  Scenario Outline: [7] Fail when indexing a non-list given by a parameter #Example: <exampleName>
    Given any graph
    And parameters are:
      | expr | <expr> |
      | idx  | 0      |
    When executing query:
      """
      WITH $expr AS list, $idx AS idx
      RETURN list[idx]
      """
    Then a TypeError should be raised at any time: *

    Examples:
      | expr   | exampleName  |
      | true   | boolean      |
      | 123    | integer      |
      | 4.7    | float        |
      | '1'    | string       |

  Scenario Outline: [8] Fail when indexing with a non-integer #Example: <exampleName>
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3, 4, 5] AS list, <idx> AS idx
      RETURN list[idx]
      """
    Then a TypeError should be raised at any time: *

    Examples:
      | idx    | exampleName  |
      | true   | boolean      |
      | 4.7    | float        |
      | '1'    | string       |
      | [1]    | list         |
      | {x: 3} | map          |

  Scenario Outline: [9] Fail when indexing with a non-integer given by a parameter #Example: <exampleName>
    Given any graph
    And parameters are:
      | expr | ['Apa'] |
      | idx  | <idx>   |
    When executing query:
      """
      WITH $expr AS list, $idx AS idx
      RETURN list[idx]
      """
    Then a TypeError should be raised at any time: *

    Examples:
      | idx    | exampleName  |
      | true   | boolean      |
      | 4.7    | float        |
      | '1'    | string       |
      | [1]    | list         |
      | {x: 3} | map          |

Feature: List10 - Reverse List

Feature: List11 - Create a list from a range

  Scenario Outline: [1] Create list from `range()` with default step
    Given any graph
    When executing query:
      """
      RETURN range(<start>, <end>) AS list
      """
    Then the result should be, in any order:
      | list   |
      | <list> |
    And no side effects

    Examples:
      | start | end   | list                                         |
      | -1236 | -1234 | [-1236, -1235, -1234]                        |
      | -1234 | -1234 | [-1234]                                      |
      | -10   | -3    | [-10, -9, -8, -7, -6, -5, -4, -3]            |
      | -10   | 0     | [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0] |
      | -1    | 0     | [-1, 0]                                      |
      | 0     | -123  | []                                           |
      | 0     | -1    | []                                           |
      | -1    | 1     | [-1, 0, 1]                                   |
      | 0     | 0     | [0]                                          |
      | 0     | 1     | [0, 1]                                       |
      | 0     | 10    | [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]           |
      | 6     | 10    | [6, 7, 8, 9, 10]                             |
      | 1234  | 1234  | [1234]                                       |
      | 1234  | 1236  | [1234, 1235, 1236]                           |

  Scenario Outline: [2] Create list from `range()` with explicitly given step
    Given any graph
    When executing query:
      """
      RETURN range(<start>, <end>, <step>) AS list
      """
    Then the result should be, in any order:
      | list   |
      | <list> |
    And no side effects

    Examples:
      | start | end   | step  | list                                              |
      | 1381  | -3412 | -1298 | [1381, 83, -1215, -2513]                          |
      | 0     | -2000 | -1298 | [0, -1298]                                        |
      | 10    | -10   | -3    | [10, 7, 4, 1, -2, -5, -8]                         |
      | 0     | -10   | -3    | [0, -3, -6, -9]                                   |
      | 0     | -20   | -2    | [0, -2, -4, -6, -8, -10, -12, -14, -16, -18, -20] |
      | 0     | -10   | -1    | [0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10]      |
      | 0     | -1    | -1    | [0, -1]                                           |
      | -1236 | -1234 | 1     | [-1236, -1235, -1234]                             |
      | -10   | 0     | 1     | [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0]      |
      | -1    | 0     | 1     | [-1, 0]                                           |
      | 0     | 1     | -123  | []                                                |
      | 0     | 1     | -1    | []                                                |
      | 0     | -123  | 1     | []                                                |
      | 0     | -1    | 1     | []                                                |
      | 0     | 0     | -1    | [0]                                               |
      | 0     | 0     | 1     | [0]                                               |
      | 0     | 1     | 2     | [0]                                               |
      | 0     | 1     | 1     | [0, 1]                                            |
      | 0     | 10    | 1     | [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]                |
      | 6     | 10    | 1     | [6, 7, 8, 9, 10]                                  |
      | 1234  | 1234  | 1     | [1234]                                            |
      | 1234  | 1236  | 1     | [1234, 1235, 1236]                                |
      | -10   | 0     | 3     | [-10, -7, -4, -1]                                 |
      | -10   | 10    | 3     | [-10, -7, -4, -1, 2, 5, 8]                        |
      | -2000 | 0     | 1298  | [-2000, -702]                                     |
      | -3412 | 1381  | 1298  | [-3412, -2114, -816, 482]                         |

  Scenario: [3] Create an empty list if range direction and step direction are inconsistent
    Given any graph
    When executing query:
      """
      WITH 0 AS start, [1, 2, 500, 1000, 1500] AS stopList, [-1000, -3, -2, -1, 1, 2, 3, 1000] AS stepList
      UNWIND stopList AS stop
      UNWIND stepList AS step
      WITH start, stop, step, range(start, stop, step) AS list
      WITH start, stop, step, list, sign(stop-start) <> sign(step) AS empty
      RETURN ALL(ok IN collect((size(list) = 0) = empty) WHERE ok) AS okay
      """
    Then the result should be, in any order:
      | okay |
      | true |
    And no side effects

  Scenario Outline: [4] Fail on invalid arguments for `range()`
    Given any graph
    When executing query:
      """
      RETURN range(2, 8, 0)
      """
    Then a ArgumentError should be raised at runtime: NumberOutOfRange

    Examples:
      | start | end  | step |
      | 0     | 0    | 0    |
      | 2     | 8    | 0    |
      | -2    | 8    | 0    |
      | 2     | -8   | 0    |

  Scenario Outline: [5] Fail on invalid argument types for `range()`
    Given any graph
    When executing query:
      """
      RETURN range(<start>, <end>, <step>)
      """
    Then a ArgumentError should be raised at runtime: InvalidArgumentType

    Examples:
      | start      | end      | step      |
      | true       | 1        | 1         |
      | 0          | true     | 1         |
      | 0          | 1        | true      |
      | -1.1       | 1        | 1         |
      | -0.0       | 1        | 1         |
      | 0.0        | 1        | 1         |
      | 1.1        | 1        | 1         |
      | 0          | -1.1     | 1         |
      | 0          | -0.0     | 1         |
      | 0          | 0.0      | 1         |
      | 0          | 1.1      | 1         |
      | 0          | 1        | -1.1      |
      | 0          | 1        | 1.1       |
      | 'xyz'      | 1        | 1         |
      | 0          | 'xyz'    | 1         |
      | 0          | 1        | 'xyz'     |
      | [0]        | 1        | 1         |
      | 0          | [1]      | 1         |
      | 0          | 1        | [1]       |
      | {start: 0} | 1        | 1         |
      | 0          | {end: 1} | 1         |
      | 0          | 1        | {step: 1} |

Feature: List12 - List Comprehension

  Scenario: [1] Collect and extract using a list comprehension
    Given an empty graph
    And having executed:
      """
      CREATE (:Label1 {name: 'original'})
      """
    When executing query:
      """
      MATCH (a:Label1)
      WITH collect(a) AS nodes
      WITH nodes, [x IN nodes | x.name] AS oldNames
      UNWIND nodes AS n
      SET n.name = 'newName'
      RETURN n.name, oldNames
      """
    Then the result should be, in any order:
      | n.name    | oldNames     |
      | 'newName' | ['original'] |
    And the side effects should be:
      | +properties | 1 |
      | -properties | 1 |

  Scenario: [2] Collect and filter using a list comprehension
    Given an empty graph
    And having executed:
      """
      CREATE (:Label1 {name: 'original'})
      """
    When executing query:
      """
      MATCH (a:Label1)
      WITH collect(a) AS nodes
      WITH nodes, [x IN nodes WHERE x.name = 'original'] AS noopFiltered
      UNWIND nodes AS n
      SET n.name = 'newName'
      RETURN n.name, size(noopFiltered)
      """
    Then the result should be, in any order:
      | n.name    | size(noopFiltered) |
      | 'newName' | 1                  |
    And the side effects should be:
      | +properties | 1 |
      | -properties | 1 |

  Scenario: [3] Size of list comprehension
    Given an empty graph
    When executing query:
      """
      MATCH (n)
      OPTIONAL MATCH (n)-[r]->(m)
      RETURN size([x IN collect(r) WHERE x <> null]) AS cn
      """
    Then the result should be, in any order:
      | cn |
      | 0  |
    And no side effects

  Scenario: [4] Returning a list comprehension
    Given an empty graph
    And having executed:
      """
      CREATE (a:A)
      CREATE (a)-[:T]->(:B),
             (a)-[:T]->(:C)
      """
    When executing query:
      """
      MATCH p = (n)-->()
      RETURN [x IN collect(p) | head(nodes(x))] AS p
      """
    Then the result should be, in any order:
      | p            |
      | [(:A), (:A)] |
    And no side effects

  Scenario: [5] Using a list comprehension in a WITH
    Given an empty graph
    And having executed:
      """
      CREATE (a:A)
      CREATE (a)-[:T]->(:B),
             (a)-[:T]->(:C)
      """
    When executing query:
      """
      MATCH p = (n:A)-->()
      WITH [x IN collect(p) | head(nodes(x))] AS p, count(n) AS c
      RETURN p, c
      """
    Then the result should be, in any order:
      | p            | c |
      | [(:A), (:A)] | 2 |
    And no side effects

  Scenario: [6] Using a list comprehension in a WHERE
    Given an empty graph
    And having executed:
      """
      CREATE (a:A {name: 'c'})
      CREATE (a)-[:T]->(:B),
             (a)-[:T]->(:C)
      """
    When executing query:
      """
      MATCH (n)-->(b)
      WHERE n.name IN [x IN labels(b) | toLower(x)]
      RETURN b
      """
    Then the result should be, in any order:
      | b    |
      | (:C) |
    And no side effects

  Scenario: [7] Fail when using aggregation in list comprehension
    Given any graph
    When executing query:
      """
      MATCH (n)
      RETURN [x IN [1, 2, 3, 4, 5] | count(*)]
      """
    Then a SyntaxError should be raised at compile time: InvalidAggregation

Feature: List2 - List Slicing

  Scenario: [1] List slice
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3, 4, 5] AS list
      RETURN list[1..3] AS r
      """
    Then the result should be, in any order:
      | r      |
      | [2, 3] |
    And no side effects

  Scenario: [2] List slice with implicit end
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[1..] AS r
      """
    Then the result should be, in any order:
      | r      |
      | [2, 3] |
    And no side effects

  Scenario: [3] List slice with implicit start
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[..2] AS r
      """
    Then the result should be, in any order:
      | r      |
      | [1, 2] |
    And no side effects

  Scenario: [4] List slice with singleton range
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[0..1] AS r
      """
    Then the result should be, in any order:
      | r   |
      | [1] |
    And no side effects

  Scenario: [5] List slice with empty range
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[0..0] AS r
      """
    Then the result should be, in any order:
      | r  |
      | [] |
    And no side effects

  Scenario: [6] List slice with negative range
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[-3..-1] AS r
      """
    Then the result should be, in any order:
      | r      |
      | [1, 2] |
    And no side effects

  Scenario: [7] List slice with invalid range
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[3..1] AS r
      """
    Then the result should be, in any order:
      | r  |
      | [] |
    And no side effects

  Scenario: [8] List slice with exceeding range
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[-5..5] AS r
      """
    Then the result should be, in any order:
      | r         |
      | [1, 2, 3] |
    And no side effects

  Scenario Outline: [9] List slice with null range
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[<lower>..<upper>] AS r
      """
    Then the result should be, in any order:
      | r    |
      | null |
    And no side effects

    Examples:
      | lower | upper |
      | null  | null  |
      | 1     | null  |
      | null  | 3     |
      |       | null  |
      | null  |       |

  Scenario: [10] List slice with parameterised range
    Given any graph
    And parameters are:
      | from | 1 |
      | to   | 3 |
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[$from..$to] AS r
      """
    Then the result should be, in any order:
      | r      |
      | [2, 3] |
    And no side effects

  Scenario: [11] List slice with parameterised invalid range
    Given any graph
    And parameters are:
      | from | 3 |
      | to   | 1 |
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN list[$from..$to] AS r
      """
    Then the result should be, in any order:
      | r  |
      | [] |
    And no side effects

Feature: List3 - List Equality

  Scenario: [1] Equality between list and literal should return false
    Given any graph
    When executing query:
      """
      RETURN [1, 2] = 'foo' AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [2] Equality of lists of different length should return false despite nulls
    Given any graph
    When executing query:
      """
      RETURN [1] = [1, null] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [3] Equality between different lists with null should return false
    Given any graph
    When executing query:
      """
      RETURN [1, 2] = [null, 'foo'] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [4] Equality between almost equal lists with null should return null
    Given any graph
    When executing query:
      """
      RETURN [1, 2] = [null, 2] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [5] Equality of nested lists of different length should return false despite nulls
    Given any graph
    When executing query:
      """
      RETURN [[1]] = [[1], [null]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [6] Equality between different nested lists with null should return false
    Given any graph
    When executing query:
      """
      RETURN [[1, 2], [1, 3]] = [[1, 2], [null, 'foo']] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [7] Equality between almost equal nested lists with null should return null
    Given any graph
    When executing query:
      """
      RETURN [[1, 2], ['foo', 'bar']] = [[1, 2], [null, 'bar']] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

Feature: List4 - List Concatenation

  Scenario: [1] Concatenating lists of same type
    Given any graph
    When executing query:
      """
      RETURN [1, 10, 100] + [4, 5] AS foo
      """
    Then the result should be, in any order:
      | foo                |
      | [1, 10, 100, 4, 5] |
    And no side effects

  Scenario: [2] Concatenating a list with a scalar of same type
    Given any graph
    When executing query:
      """
      RETURN [false, true] + false AS foo
      """
    Then the result should be, in any order:
      | foo                  |
      | [false, true, false] |
    And no side effects

Feature: List5 - List Membership Validation - IN Operator

  Scenario: [1] IN should work with nested list subscripting
    Given any graph
    When executing query:
      """
      WITH [[1, 2, 3]] AS list
      RETURN 3 IN list[0] AS r
      """
    Then the result should be, in any order:
      | r    |
      | true |
    And no side effects

  Scenario: [2] IN should work with nested literal list subscripting
    Given any graph
    When executing query:
      """
      RETURN 3 IN [[1, 2, 3]][0] AS r
      """
    Then the result should be, in any order:
      | r    |
      | true |
    And no side effects

  Scenario: [3] IN should work with list slices
    Given any graph
    When executing query:
      """
      WITH [1, 2, 3] AS list
      RETURN 3 IN list[0..1] AS r
      """
    Then the result should be, in any order:
      | r     |
      | false |
    And no side effects

  Scenario: [4] IN should work with literal list slices
    Given any graph
    When executing query:
      """
      RETURN 3 IN [1, 2, 3][0..1] AS r
      """
    Then the result should be, in any order:
      | r     |
      | false |
    And no side effects

  Scenario: [5] IN should return false when matching a number with a string
    Given any graph
    When executing query:
      """
      RETURN 1 IN ['1', 2] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [6] IN should return false when matching a number with a string - list version
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [1, '2']] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [7] IN should return false when types of LHS and RHS don't match - singleton list
    Given any graph
    When executing query:
      """
      RETURN [1] IN [1, 2] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [8] IN should return false when types of LHS and RHS don't match - list
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, 2] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [9] IN should return true when types of LHS and RHS match - singleton list
    Given any graph
    When executing query:
      """
      RETURN [1] IN [1, 2, [1]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [10] IN should return true when types of LHS and RHS match - list
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [1, 2]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [11] IN should return false when order of elements in LHS list and RHS list don't match
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [2, 1]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [12] IN with different length lists should return false
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [1, 2, 3]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [13] IN should return false when matching a list with a nested list with same elements
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [[1, 2]]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [14] IN should return true when both LHS and RHS contain nested lists
    Given any graph
    When executing query:
      """
      RETURN [[1, 2], [3, 4]] IN [5, [[1, 2], [3, 4]]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [15] IN should return true when both LHS and RHS contain a nested list alongside a scalar element
    Given any graph
    When executing query:
      """
      RETURN [[1, 2], 3] IN [1, [[1, 2], 3]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [16] IN should return true when LHS and RHS contain a nested list - singleton version
    Given any graph
    When executing query:
      """
      RETURN [[1]] IN [2, [[1]]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [17] IN should return true when LHS and RHS contain a nested list
    Given any graph
    When executing query:
      """
      RETURN [[1, 3]] IN [2, [[1, 3]]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [18] IN should return false when LHS contains a nested list and type mismatch on RHS - singleton version
    Given any graph
    When executing query:
      """
      RETURN [[1]] IN [2, [1]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [19] IN should return false when LHS contains a nested list and type mismatch on RHS
    Given any graph
    When executing query:
      """
      RETURN [[1, 3]] IN [2, [1, 3]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  # IN operator - null

  Scenario: [20] IN should return null if LHS and RHS are null
    Given any graph
    When executing query:
      """
      RETURN null IN [null] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [21] IN should return null if LHS and RHS are null - list version
    Given any graph
    When executing query:
      """
      RETURN [null] IN [[null]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [22] IN should return null when LHS and RHS both ultimately contain null, even if LHS and RHS are of different types (nested list and flat list)
    Given any graph
    When executing query:
      """
      RETURN [null] IN [null] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [23] IN with different length lists should return false despite nulls
    Given any graph
    When executing query:
      """
      RETURN [1] IN [[1, null]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [24] IN should return true if match despite nulls
    Given any graph
    When executing query:
      """
      RETURN 3 IN [1, null, 3] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [25] IN should return null if comparison with null is required
    Given any graph
    When executing query:
      """
      RETURN 4 IN [1, null, 3] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [26] IN should return true if correct list found despite other lists having nulls
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [[null, 'foo'], [1, 2]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [27] IN should return true if correct list found despite null being another element within containing list
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [1, 2], null] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [28] IN should return false if no match can be found, despite nulls
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [[null, 'foo']] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [29] IN should return null if comparison with null is required, list version
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [[null, 2]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [30] IN should return false if different length lists compared, even if the extra element is null
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [1, [1, 2, null]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [31] IN should return null when comparing two so-called identical lists where one element is null
    Given any graph
    When executing query:
      """
      RETURN [1, 2, null] IN [1, [1, 2, null]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [32] IN should return true with previous null match, list version
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [[null, 2], [1, 2]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [33] IN should return false if different length lists with nested elements compared, even if the extra element is null
    Given any graph
    When executing query:
      """
      RETURN [[1, 2], [3, 4]] IN [5, [[1, 2], [3, 4], null]] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [34] IN should return null if comparison with null is required, list version 2
    Given any graph
    When executing query:
      """
      RETURN [1, 2] IN [[null, 2], [1, 3]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  # IN operator - empty list

  Scenario: [35] IN should work with an empty list
    Given any graph
    When executing query:
      """
      RETURN [] IN [[]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [36] IN should return false for the empty list if the LHS and RHS types differ
    Given any graph
    When executing query:
      """
      RETURN [] IN [] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [37] IN should work with an empty list in the presence of other list elements: matching
    Given any graph
    When executing query:
      """
      RETURN [] IN [1, []] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [38] IN should work with an empty list in the presence of other list elements: not matching
    Given any graph
    When executing query:
      """
      RETURN [] IN [1, 2] AS res
      """
    Then the result should be, in any order:
      | res   |
      | false |
    And no side effects

  Scenario: [39] IN should work with an empty list when comparing nested lists
    Given any graph
    When executing query:
      """
      RETURN [[]] IN [1, [[]]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario: [40] IN should return null if comparison with null is required for empty list
    Given any graph
    When executing query:
      """
      RETURN [] IN [1, 2, null] AS res
      """
    Then the result should be, in any order:
      | res  |
      | null |
    And no side effects

  Scenario: [41] IN should return true when LHS and RHS contain nested list with multiple empty lists
    Given any graph
    When executing query:
      """
      RETURN [[], []] IN [1, [[], []]] AS res
      """
    Then the result should be, in any order:
      | res  |
      | true |
    And no side effects

  Scenario Outline: [42] Failing when using IN on a non-list literal
    Given any graph
    When executing query:
      """
      RETURN 1 IN <invalid>
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

    Examples:
      | invalid |
      | true    |
      | 123     |
      | 123.4   |
      | 'foo'   |
      | {x: []} |

Feature: List6 - List size

  Scenario: [1] Return list size
    Given any graph
    When executing query:
      """
      RETURN size([1, 2, 3]) AS n
      """
    Then the result should be, in any order:
      | n |
      | 3 |
    And no side effects

  Scenario: [2] Setting and returning the size of a list property
    Given an empty graph
    And having executed:
      """
      CREATE (:TheLabel)
      """
    When executing query:
      """
      MATCH (n:TheLabel)
      SET n.numbers = [1, 2, 3]
      RETURN size(n.numbers)
      """
    Then the result should be, in any order:
      | size(n.numbers) |
      | 3               |
    And the side effects should be:
      | +properties | 1 |

  Scenario: [3] Concatenating and returning the size of literal lists
    Given any graph
    When executing query:
      """
      RETURN size([[], []] + [[]]) AS l
      """
    Then the result should be, in any order:
      | l |
      | 3 |
    And no side effects

  Scenario: [4] `size()` on null list
    Given any graph
    When executing query:
      """
      WITH null AS l
      RETURN size(l), size(null)
      """
    Then the result should be, in any order:
      | size(l) | size(null) |
      | null    | null       |
    And no side effects

  Scenario: [5] Fail for `size()` on paths
    Given any graph
    When executing query:
      """
      MATCH p = (a)-[*]->(b)
      RETURN size(p)
      """
    Then a SyntaxError should be raised at compile time: InvalidArgumentType

  Scenario Outline: [6] Fail for `size()` on pattern predicates
    Given any graph
    When executing query:
      """
      MATCH (a), (b), (c)
      RETURN size(<pattern>)
      """
    Then a SyntaxError should be raised at compile time: UnexpectedSyntax

    Examples:
      | pattern                                    |
      | ()--()                                     |
      | ()--(a)                                    |
      | (a)-->()                                   |
      | (a)<--(a {})                               |
      | (a)-[:REL]->(b)                            |
      | (a)-[:REL]->(b)                            |
      | (a)-[:REL]->(:C)<-[:REL]-(a {num: 5})      |
      | ()-[:REL*0..2]->()<-[:REL]-(:A {num: 5})   |

  Scenario: [7] Using size of pattern comprehension to test existence
    Given an empty graph
    And having executed:
      """
      CREATE (a:X {num: 42}), (:X {num: 43})
      CREATE (a)-[:T]->()
      """
    When executing query:
      """
      MATCH (n:X)
      RETURN n, size([(n)--() | 1]) > 0 AS b
      """
    Then the result should be, in any order:
      | n              | b     |
      | (:X {num: 42}) | true  |
      | (:X {num: 43}) | false |
    And no side effects

  Scenario: [8] Get node degree via size of pattern comprehension
    Given an empty graph
    And having executed:
      """
      CREATE (x:X),
        (x)-[:T]->(),
        (x)-[:T]->(),
        (x)-[:T]->()
      """
    When executing query:
      """
      MATCH (a:X)
      RETURN size([(a)-->() | 1]) AS length
      """
    Then the result should be, in any order:
      | length |
      | 3      |
    And no side effects

  Scenario: [9] Get node degree via size of pattern comprehension that specifies a relationship type
    Given an empty graph
    And having executed:
      """
      CREATE (x:X),
        (x)-[:T]->(),
        (x)-[:T]->(),
        (x)-[:T]->(),
        (x)-[:OTHER]->()
      """
    When executing query:
      """
      MATCH (a:X)
      RETURN size([(a)-[:T]->() | 1]) AS length
      """
    Then the result should be, in any order:
      | length |
      | 3      |
    And no side effects

  Scenario: [10] Get node degree via size of pattern comprehension that specifies multiple relationship types
    Given an empty graph
    And having executed:
      """
      CREATE (x:X),
        (x)-[:T]->(),
        (x)-[:T]->(),
        (x)-[:T]->(),
        (x)-[:OTHER]->()
      """
    When executing query:
      """
      MATCH (a:X)
      RETURN size([(a)-[:T|OTHER]->() | 1]) AS length
      """
    Then the result should be, in any order:
      | length |
      | 4      |
    And no side effects

Feature: List7 - List Head

Feature: List8 - List Last

Feature: List9 - List Tail

  Scenario: [1] Returning nested expressions based on list property
    Given an empty graph
    And having executed:
      """
      CREATE (:TheLabel)
      """
    When executing query:
      """
      MATCH (n:TheLabel)
      SET n.array = [1, 2, 3, 4, 5]
      RETURN tail(tail(n.array))
      """
    Then the result should be, in any order:
      | tail(tail(n.array)) |
      | [3, 4, 5]           |
    And the side effects should be:
      | +properties | 1 |

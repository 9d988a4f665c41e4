//! Neo4j status codes, as a Neo4j 5.26 uses them.

/// The statement cannot be parsed, or refers to a variable that is not defined.
pub const SYNTAX: &str = "Neo.ClientError.Statement.SyntaxError";
/// A value has the wrong type.
pub const TYPE: &str = "Neo.ClientError.Statement.TypeError";
/// An argument is not valid.
pub const ARGUMENT: &str = "Neo.ClientError.Statement.ArgumentError";
/// An arithmetic operation failed: overflow or division by zero.
pub const ARITHMETIC: &str = "Neo.ClientError.Statement.ArithmeticError";
/// The statement is well formed but not meaningful.
pub const SEMANTIC: &str = "Neo.ClientError.Statement.SemanticError";
/// A parameter of the statement has no value.
pub const PARAMETER_MISSING: &str = "Neo.ClientError.Statement.ParameterMissing";
/// An entity was deleted before it was read.
pub const ENTITY_NOT_FOUND: &str = "Neo.ClientError.Statement.EntityNotFound";
/// A constraint is violated.
pub const CONSTRAINT: &str = "Neo.ClientError.Schema.ConstraintValidationFailed";
/// There is no procedure with this name.
pub const PROCEDURE_NOT_FOUND: &str = "Neo.ClientError.Procedure.ProcedureNotFound";
/// The statement needs too much memory.
pub const OUT_OF_MEMORY: &str = "Neo.TransientError.General.MemoryPoolOutOfMemoryError";
/// The statement takes too long.
pub const TIMED_OUT: &str = "Neo.ClientError.Transaction.TransactionTimedOut";
/// The statement failed in a way that Neo4j reports as a server error.
pub const EXECUTION_FAILED: &str = "Neo.DatabaseError.Statement.ExecutionFailed";

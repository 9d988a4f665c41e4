//! Static types: type errors that are visible without knowing the data.

use super::{CheckResult, Checker, Scope, StaticType};
use crate::syntax::{ArithmeticOperator, BinaryOperator, Expr, ExprKind};
use crate::value::Value;

/// A type mismatch: what was expected, what was found, and the offset.
type Mismatch = Option<(&'static str, StaticType, usize)>;

impl Checker<'_> {
    /// Checks the operands of an expression against the types that Neo4j requires at compile time.
    pub(super) fn operand_types(&self, expression: &Expr, scope: &Scope) -> CheckResult {
        let mismatch = if let ExprKind::Property(subject, _) = &expression.kind {
            property_mismatch(Self::type_of(subject, scope), subject.at)
        } else if let ExprKind::Binary(operator, left, right) = &expression.kind {
            let left = (Self::type_of(left, scope), left.at);
            let right = (Self::type_of(right, scope), right.at);
            operator_mismatch(*operator, left, right)
        } else if let ExprKind::Index(subject, index) = &expression.kind {
            let kind = Self::type_of(subject, scope);
            if kind == StaticType::List && Self::type_of(index, scope) == StaticType::String {
                return self.fail(
                    "Type mismatch: list index must be given as Integer, but was String",
                    index.at,
                );
            }
            scalar(kind).then_some(("List<T>", kind, subject.at))
        } else {
            None
        };
        match mismatch {
            None => Ok(()),
            Some((expected, found, at)) => self.mismatch(expected, found, at),
        }
    }

    /// Fails with "Type mismatch: expected … but was …".
    pub(super) fn mismatch<T>(
        &self,
        expected: &str,
        found: StaticType,
        at: usize,
    ) -> CheckResult<T> {
        let found = found.name();
        self.fail(
            &format!("Type mismatch: expected {expected} but was {found}"),
            at,
        )
    }

    /// Returns the type of an expression, [`StaticType::Any`] where it depends on the data.
    pub(super) fn type_of(expression: &Expr, scope: &Scope) -> StaticType {
        match &expression.kind {
            ExprKind::Literal(value) => literal_type(value),
            ExprKind::CountStar => StaticType::Integer,
            ExprKind::Not(_)
            | ExprKind::Comparison(..)
            | ExprKind::IsNull(..)
            | ExprKind::IsType(..)
            | ExprKind::HasLabels(..)
            | ExprKind::Quantified(_) => StaticType::Boolean,
            ExprKind::List(_)
            | ExprKind::Comprehension(_)
            | ExprKind::PatternComprehension(_)
            | ExprKind::Slice(..) => StaticType::List,
            ExprKind::Map(_) | ExprKind::MapProjection(..) => StaticType::Map,
            ExprKind::Variable(name) => scope.find(name).unwrap_or(StaticType::Any),
            ExprKind::Function { name, .. } => function_type(name),
            ExprKind::Parameter(_)
            | ExprKind::Property(..)
            | ExprKind::Index(..)
            | ExprKind::Negate(_)
            | ExprKind::Binary(..)
            | ExprKind::Case(_)
            | ExprKind::Reduce(_)
            | ExprKind::Pattern(_)
            | ExprKind::Subquery(..) => StaticType::Any,
        }
    }
}

fn literal_type(value: &Value) -> StaticType {
    match value {
        Value::Integer(_) => StaticType::Integer,
        Value::Float(_) => StaticType::Float,
        Value::String(_) => StaticType::String,
        Value::Boolean(_) => StaticType::Boolean,
        Value::Null
        | Value::List(_)
        | Value::Map(_)
        | Value::Node(_)
        | Value::Relationship(_)
        | Value::Path(_)
        | Value::Date(_)
        | Value::LocalTime(_)
        | Value::Time(..)
        | Value::LocalDateTime(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::Point(_) => StaticType::Any,
    }
}

fn function_type(name: &str) -> StaticType {
    match name.to_ascii_lowercase().as_str() {
        "count" | "size" | "length" | "id" => StaticType::Integer,
        "collect" | "labels" | "keys" | "nodes" | "relationships" | "range" | "split" => {
            StaticType::List
        }
        "toupper" | "tolower" | "tostring" | "type" | "elementid" | "trim" | "substring"
        | "replace" => StaticType::String,
        "startnode" | "endnode" => StaticType::Node,
        _ => StaticType::Any,
    }
}

/// Returns whether the type is a single value without elements or properties.
fn scalar(kind: StaticType) -> bool {
    matches!(
        kind,
        StaticType::Integer | StaticType::Float | StaticType::String | StaticType::Boolean
    )
}

fn number(kind: StaticType) -> bool {
    matches!(kind, StaticType::Integer | StaticType::Float)
}

fn property_mismatch(kind: StaticType, at: usize) -> Mismatch {
    let expected = "Map, Node, Relationship, Point, Duration, Date, Time, LocalTime, LocalDateTime or DateTime";
    (scalar(kind) || kind == StaticType::List).then_some((expected, kind, at))
}

fn operator_mismatch(
    operator: BinaryOperator,
    (left, left_at): (StaticType, usize),
    (right, right_at): (StaticType, usize),
) -> Mismatch {
    match operator {
        BinaryOperator::In => {
            let list = matches!(right, StaticType::List | StaticType::Any);
            (!list).then_some(("List<T>", right, right_at))
        }
        BinaryOperator::Logical(_) => [(left, left_at), (right, right_at)]
            .into_iter()
            .find(|(kind, _)| number(*kind) || *kind == StaticType::String)
            .map(|(kind, at)| ("Boolean", kind, at)),
        BinaryOperator::Arithmetic(operator) => {
            arithmetic_mismatch(operator, (left, left_at), (right, right_at))
        }
        BinaryOperator::Text(_) => None,
    }
}

fn arithmetic_mismatch(
    operator: ArithmeticOperator,
    (left, left_at): (StaticType, usize),
    (right, right_at): (StaticType, usize),
) -> Mismatch {
    match operator {
        ArithmeticOperator::Add => {
            addition_mismatch(left, right).map(|expected| (expected, right, right_at))
        }
        ArithmeticOperator::Subtract if left == StaticType::String => {
            let expected =
                "Float, Integer, Duration, Date, Time, LocalTime, LocalDateTime or DateTime";
            Some((expected, left, left_at))
        }
        ArithmeticOperator::Subtract => {
            (number(left) && not_a_number(right)).then_some(("Float or Integer", right, right_at))
        }
        ArithmeticOperator::Multiply | ArithmeticOperator::Divide => {
            let expected = "Float, Integer or Duration";
            if not_a_number(left) {
                return Some((expected, left, left_at));
            }
            (number(left) && not_a_number(right)).then_some((expected, right, right_at))
        }
        ArithmeticOperator::Modulo
        | ArithmeticOperator::Power
        | ArithmeticOperator::Concatenate => None,
    }
}

fn not_a_number(kind: StaticType) -> bool {
    matches!(
        kind,
        StaticType::String | StaticType::Boolean | StaticType::List
    )
}

/// The types that the right operand of `+` may have, where the given one is not among them.
fn addition_mismatch(left: StaticType, right: StaticType) -> Option<&'static str> {
    let entity = matches!(right, StaticType::Node | StaticType::Relationship);
    if number(left) && (entity || matches!(right, StaticType::Boolean | StaticType::Map)) {
        return Some("Float, Integer, String or List<T>");
    }
    let left_entity = matches!(left, StaticType::Node | StaticType::Relationship);
    (left_entity && (number(right) || right == StaticType::Boolean)).then_some("List<T>")
}

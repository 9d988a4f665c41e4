//! Comparison of a member of a JSON line: `http.status_code>=500`, `.body.isError=true`, `.tool!=read-cypher`.

use serde_json::Value;

use super::query_text::quoted;
use crate::logs::find_field;

/// Names that compare something else than a member.
const OTHER_NAMES: [&str; 8] = [
    "level", "trace", "session", "request", "id", "source", "call", "pattern",
];

/// A comparison of a member with a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FieldComparison {
    name: String,
    sign: ComparisonOperator,
    value: String,
    number: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ComparisonOperator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl ComparisonOperator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// Returns the name of a field in a query: one with other characters than letters, digits and `_` stands between backticks.
fn insights_field(name: &str) -> String {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@'));
    if is_plain {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

impl FieldComparison {
    /// Parses a word: a name behind a dot with any sign, or any other name with a sign of order and a number. `None` if the
    /// word is something else.
    ///
    /// # Errors
    /// A name behind a dot that is compared with nothing.
    pub(super) fn parse(word: &str) -> Result<Option<Self>, String> {
        let dotted = word.strip_prefix('.').filter(|rest| {
            rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        });
        let body = dotted.unwrap_or(word);
        let Some((name, sign, value)) = split(body) else {
            return Ok(None);
        };
        if dotted.is_some() && value.is_empty() {
            return Err(format!("{word}: compared with what?"));
        }
        let number = value.parse::<f64>().ok().filter(|number| !number.is_nan());
        let is_order = !matches!(
            sign,
            ComparisonOperator::Equal | ComparisonOperator::Unequal
        );
        let is_field =
            dotted.is_some() || (is_order && number.is_some() && !OTHER_NAMES.contains(&name));
        Ok(is_field.then(|| Self {
            name: name.to_owned(),
            sign,
            value: value.trim_matches('"').to_owned(),
            number,
        }))
    }

    /// Returns the last part of the member's name, which stands in every line that has it.
    pub(super) fn last_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// Returns whether the JSON object in `text` has the member, and the comparison holds for it.
    pub(super) fn holds(&self, text: &str) -> bool {
        if !text.contains(self.last_name()) {
            return false;
        }
        let Ok(object) = serde_json::from_str::<Value>(text.trim()) else {
            return false;
        };
        find_field(&object, &self.name).is_some_and(|value| self.compares(value))
    }

    /// Returns the comparison in the language of Logs Insights. As [`FieldComparison::holds`] does, it looks for the member at the top,
    /// in the attributes, and in those of the resource.
    pub(super) fn insights_expression(&self) -> String {
        let value = match self.number {
            Some(_) => self.value.clone(),
            None => quoted(&self.value),
        };
        // The service shows true and false as 1 and 0.
        let is_boolean = match self.value.as_str() {
            "true" => Some(1),
            "false" => Some(0),
            _ => None,
        };
        let conditions = ["", "attributes.", "resource.attributes."].map(|place| {
            let field = insights_field(&format!("{place}{}", self.name));
            match (self.sign, is_boolean) {
                (ComparisonOperator::Equal, Some(number)) => {
                    format!("{field} in [{value}, {number}]")
                }
                (ComparisonOperator::Unequal, _) => {
                    format!("(ispresent({field}) and {field} != {value})")
                }
                (sign, _) => format!("{field} {} {value}", sign.as_str()),
            }
        });
        conditions.join(" or ")
    }

    fn compares(&self, value: &Value) -> bool {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.to_string(),
        };
        let own = value.as_f64().or_else(|| text.parse().ok());
        let order = match (own, self.number) {
            (Some(own), Some(number)) => own.partial_cmp(&number),
            (Some(_) | None, _) => Some(text.as_str().cmp(self.value.as_str())),
        };
        let Some(order) = order else { return false };
        match self.sign {
            ComparisonOperator::Equal => order.is_eq(),
            ComparisonOperator::Unequal => order.is_ne(),
            ComparisonOperator::Less => order.is_lt(),
            ComparisonOperator::AtMost => order.is_le(),
            ComparisonOperator::Greater => order.is_gt(),
            ComparisonOperator::AtLeast => order.is_ge(),
        }
    }
}

/// Returns the name, the sign and the value of a word.
fn split(word: &str) -> Option<(&str, ComparisonOperator, &str)> {
    const SIGNS: [(&str, ComparisonOperator); 6] = [
        ("!=", ComparisonOperator::Unequal),
        (">=", ComparisonOperator::AtLeast),
        ("<=", ComparisonOperator::AtMost),
        (">", ComparisonOperator::Greater),
        ("<", ComparisonOperator::Less),
        ("=", ComparisonOperator::Equal),
    ];
    let at = word.find(['=', '<', '>', '!'])?;
    let (name, rest) = word.split_at_checked(at)?;
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@'));
    let (sign, value) = SIGNS
        .iter()
        .find_map(|(text, sign)| Some((*sign, rest.strip_prefix(text)?)))?;
    (is_name && !value.starts_with(['=', '<', '>'])).then_some((name, sign, value))
}

//! From `name=value` on a command line (or a form's field) to the JSON that a tool's schema asks for.

use regex::RegexBuilder;
use serde_json::{Map, Value};

use super::schema::{ArgumentsSchema, FurtherMembers, Property, Type};
use crate::model::did_you_mean;

/// Bytes of a compiled pattern at most: it comes from a server that is not trusted.
const PATTERN: usize = 1 << 20;

/// What is wrong with a value that must be given and is not.
pub const REQUIRED: &str = "required";

/// Puts `name=value` texts over `given`, each as its schema says. A list takes JSON, or one item at a time. `given` may have members
/// that the schema does not name, unless it refuses them; a `name=value` of an unknown name is taken for a mistake unless the schema
/// allows others.
///
/// # Errors
/// All that is wrong, a sentence each: names that the schema does not have, values of another type, what is missing.
pub fn merge(
    given: Map<String, Value>,
    pairs: &[(String, String)],
    schema: &ArgumentsSchema,
) -> Result<Map<String, Value>, Vec<String>> {
    let (mut arguments, mut wrong) = (given, Vec::new());
    wrong.extend(
        arguments
            .keys()
            .filter(|name| {
                schema.property(name).is_none()
                    && (schema.further == FurtherMembers::Refused
                        || is_misspelt(name, &arguments, schema))
            })
            .map(|name| unknown(name, schema)),
    );
    let mut begun: Vec<&str> = Vec::new();
    for (name, text) in pairs {
        let value = match schema.property(name) {
            Some(property) => read(property, text),
            None if schema.further == FurtherMembers::Allowed => Ok(json_or_text(text)),
            None => Err(unknown(name, schema)),
        };
        match value {
            // The second item of a list joins the first.
            Ok(Value::Array(more)) if begun.contains(&name.as_str()) => {
                if let Some(Value::Array(items)) = arguments.get_mut(name) {
                    items.extend(more);
                }
            }
            Ok(value) => {
                begun.push(name);
                arguments.insert(name.clone(), value);
            }
            Err(why) => wrong.push(why),
        }
    }
    let given =
        |name: &str| arguments.contains_key(name) || pairs.iter().any(|(own, _)| own == name);
    wrong.extend(
        schema
            .properties
            .iter()
            .filter(|property| property.required && !given(&property.name))
            .map(missing),
    );
    if wrong.is_empty() {
        Ok(arguments)
    } else {
        Err(wrong)
    }
}

/// Returns whether a name looks like one that must be given and is not.
fn is_misspelt(name: &str, given: &Map<String, Value>, schema: &ArgumentsSchema) -> bool {
    let missing = schema
        .properties
        .iter()
        .filter(|property| property.required && !given.contains_key(&property.name));
    let names = missing.map(|property| property.name.as_str());
    !did_you_mean(name, names).is_empty()
}

fn unknown(name: &str, schema: &ArgumentsSchema) -> String {
    let known: Vec<&str> = schema
        .properties
        .iter()
        .map(|property| property.name.as_str())
        .collect();
    let why = match schema.further {
        FurtherMembers::Refused => " (its schema says additionalProperties: false)",
        FurtherMembers::Allowed | FurtherMembers::NotMentioned => "",
    };
    if known.is_empty() {
        return format!("unknown argument \"{name}\": the tool takes none{why}");
    }
    format!(
        "unknown argument \"{name}\"{}; known: {}{why}",
        did_you_mean(name, known.iter().copied()),
        known.join(", ")
    )
}

fn missing(property: &Property) -> String {
    let types: Vec<&str> = property.types.iter().map(|kind| kind.as_str()).collect();
    let what = match (
        types.is_empty(),
        property
            .description
            .as_deref()
            .and_then(|text| text.lines().next()),
    ) {
        (true, None) => String::new(),
        (true, Some(description)) => format!(" ({description})"),
        (false, None) => format!(" ({})", types.join(" or ")),
        (false, Some(description)) => format!(" ({}: {description})", types.join(" or ")),
    };
    format!("missing \"{}\"{what}", property.name)
}

/// Returns the value of a property from text. Where the schema says string, text stays text.
///
/// # Errors
/// A sentence that says what is wanted.
pub fn read(property: &Property, text: &str) -> Result<Value, String> {
    if property.is_list() && !property.choices.is_empty() {
        return choose_items(property, text);
    }
    if !property.choices.is_empty() {
        return choose(property, text);
    }
    typed(&property.types, &property.items, text).ok_or_else(|| {
        let wanted: Vec<&str> = property.types.iter().map(|kind| kind.as_str()).collect();
        format!(
            "{}: {} is wanted, not \"{text}\"",
            property.name,
            wanted.join(" or ")
        )
    })
}

/// Returns the value that a person typed for a property, checked against its limits too; `None` if it is left out.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn value_of_text(property: &Property, text: &str) -> Result<Option<Value>, String> {
    if text.trim().is_empty() {
        return if property.required {
            Err(REQUIRED.to_owned())
        } else {
            Ok(None)
        };
    }
    // A number may have blanks around it; a text keeps them.
    let text = if property.types.contains(&Type::String) {
        text
    } else {
        text.trim()
    };
    let value = read(property, text)?;
    check_limits(property, &value)?;
    Ok(Some(value))
}

/// JSON where it parses as JSON, otherwise text: the rule of `--param`.
pub fn json_or_text(text: &str) -> Value {
    parse(text).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Returns the items of a list whose values are counted out: JSON, or values with commas between them.
fn choose_items(property: &Property, text: &str) -> Result<Value, String> {
    if let Some(Value::Array(items)) = parse(text) {
        return items
            .iter()
            .map(|item| choose(property, &plain(item)))
            .collect();
    }
    if let Ok(item) = choose(property, text.trim()) {
        return Ok(Value::Array(vec![item]));
    }
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| choose(property, item))
        .collect()
}

/// Checks that a value keeps within the limits of its property.
///
/// # Errors
/// A sentence that says what is wanted.
pub fn check_limits(property: &Property, value: &Value) -> Result<(), String> {
    let Some(words) = limits_in_words(property) else {
        return Ok(());
    };
    let limits = &property.limits;
    let within = |count: u64| {
        limits.least.is_none_or(|least| count >= least)
            && limits.most.is_none_or(|most| count <= most)
    };
    let is_right = match value {
        Value::Number(number) => number.as_f64().is_none_or(|number| {
            limits.minimum.is_none_or(|minimum| number >= minimum)
                && limits.maximum.is_none_or(|maximum| number <= maximum)
        }),
        Value::String(text) => {
            within(text.chars().count() as u64)
                && limits
                    .format
                    .as_deref()
                    .is_none_or(|format| has_format(format, text))
                && limits
                    .pattern
                    .as_deref()
                    .is_none_or(|pattern| matches_pattern(pattern, text))
        }
        Value::Array(items) => within(items.len() as u64),
        Value::Null | Value::Bool(_) | Value::Object(_) => true,
    };
    if is_right {
        Ok(())
    } else {
        Err(format!("must be {words}"))
    }
}

/// Returns the limits of a property for people: "1 to 10", "at most 40 characters", "an email address".
pub fn limits_in_words(property: &Property) -> Option<String> {
    let limits = &property.limits;
    let range = |least: Option<String>, most: Option<String>, unit: &str| match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("at least {least}{unit}")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    };
    let number = |number: f64| number.to_string();
    let largest = limits.most.or(limits.least);
    let unit = match (property.is_list(), largest) {
        (true, Some(1)) => " item",
        (true, _) => " items",
        (false, Some(1)) => " character",
        (false, _) => " characters",
    };
    range(limits.minimum.map(number), limits.maximum.map(number), "")
        .or_else(|| {
            let count = |count: u64| count.to_string();
            range(limits.least.map(count), limits.most.map(count), unit)
        })
        .into_iter()
        .chain(limits.format.as_deref().map(|format| match format {
            "email" => "an email address".to_owned(),
            "uri" => "an address (URI)".to_owned(),
            "date" => "a date (2026-11-28)".to_owned(),
            "date-time" => "a date and time (2026-11-28T14:05:00Z)".to_owned(),
            other => other.to_owned(),
        }))
        .chain(
            limits
                .pattern
                .as_deref()
                .map(|pattern| format!("text like {pattern}")),
        )
        .reduce(|all, part| format!("{all}, {part}"))
}

/// Returns whether a text has a format that questions of servers use. Other formats are the server's to check.
fn has_format(format: &str, text: &str) -> bool {
    match format {
        "email" => text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
        }),
        "uri" => url::Url::parse(text).is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        _ => true,
    }
}

/// Returns whether a text contains a match of a regular expression. Those that this program does not know (ECMA 262 has more, such
/// as lookahead), or that are too large, are the server's to check.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let compiled = RegexBuilder::new(pattern).size_limit(PATTERN).build();
    compiled.map_or(true, |pattern| pattern.is_match(text))
}

/// Returns a value as a person types it.
pub fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn choose(property: &Property, text: &str) -> Result<Value, String> {
    let found = property
        .choices
        .iter()
        .map(|choice| &choice.value)
        .find(|value| {
            value.as_str().is_some_and(|word| word == text) || json_or_text(text) == **value
        });
    found.cloned().ok_or_else(|| {
        let known: Vec<String> = property
            .choices
            .iter()
            .map(|choice| plain(&choice.value))
            .collect();
        let hint = did_you_mean(text, known.iter().map(String::as_str));
        format!(
            "{}: unknown value \"{text}\"{hint}; known: {}",
            property.name,
            known.join(", ")
        )
    })
}

fn typed(types: &[Type], items: &[Type], text: &str) -> Option<Value> {
    if types.is_empty() {
        return Some(json_or_text(text));
    }
    if types.contains(&Type::String) {
        return Some(Value::String(text.to_owned()));
    }
    let parsed = parse(text);
    if let Some(value) = parsed.filter(|value| types.iter().any(|kind| fits(*kind, value))) {
        return Some(value);
    }
    // One item of a list, without the brackets.
    if types.contains(&Type::Array) && !text.trim_start().starts_with(['[', '{']) {
        return typed(items, &[], text).map(|item| Value::Array(vec![item]));
    }
    None
}

fn fits(wanted: Type, value: &Value) -> bool {
    match (wanted, value) {
        (Type::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (Type::Number, Value::Number(_))
        | (Type::Boolean, Value::Bool(_))
        | (Type::Array, Value::Array(_))
        | (Type::Object, Value::Object(_))
        | (Type::Null, Value::Null)
        | (Type::String, Value::String(_)) => true,
        (
            Type::String
            | Type::Integer
            | Type::Number
            | Type::Boolean
            | Type::Array
            | Type::Object
            | Type::Null,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
        ) => false,
    }
}

/// JSON, unless reading it would change a whole number that is too large.
fn parse(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    let loses = matches!(&value, Value::Number(number) if number.is_f64())
        && !text.contains(['.', 'e', 'E']);
    (!loses).then_some(value)
}

/// Returns the first whole number in a JSON text that is too large to be read without changing it.
pub fn inexact_number(json: &str) -> Option<&str> {
    let mut in_text = false;
    let mut is_escaped = false;
    let parts = json.split(|letter: char| {
        let ends_text = letter == '"' && !is_escaped;
        is_escaped = in_text && letter == '\\' && !is_escaped;
        in_text ^= ends_text;
        let is_of_number = letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.' | 'e' | 'E');
        in_text || !is_of_number
    });
    let mut numbers = parts.filter(|part| part.contains(|letter: char| letter.is_ascii_digit()));
    numbers.find(|number| serde_json::from_str::<Value>(number).is_ok() && parse(number).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::schema;
    use serde_json::json;

    fn call(schema: &Value, pairs: &[(&str, &str)]) -> Result<Value, Vec<String>> {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        merge(Map::new(), &pairs, &schema::read(schema)).map(Value::Object)
    }

    #[test]
    fn values_follow_the_schema() {
        let schema = json!({"properties": {
            "name": {"type": "string"}, "count": {"type": "integer"}, "ratio": {"type": "number"}, "deep": {"type": "boolean"},
            "params": {"type": "object"}, "tags": {"type": "array", "items": {"type": "string"}}, "any": {},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "maybe": {"type": ["string", "null"]},
            "mode": {"$ref": "#/$defs/Mode"},
        }, "$defs": {"Mode": {"enum": ["fast", "slow"]}}, "additionalProperties": false});
        assert_eq!(
            call(
                &schema,
                &[
                    ("name", "42"),
                    ("count", "9007199254740993"),
                    ("ratio", "1"),
                    ("deep", "true"),
                    ("params", "{\"a\":1}"),
                    ("tags", "a"),
                    ("tags", "b"),
                    ("any", "[1]"),
                    ("limit", "null"),
                    ("maybe", "null"),
                    ("mode", "slow"),
                ]
            ),
            Ok(
                json!({"name": "42", "count": 9_007_199_254_740_993_i64, "ratio": 1, "deep": true, "params": {"a": 1}, "tags": ["a", "b"],
                "any": [1], "limit": null, "maybe": "null", "mode": "slow"})
            )
        );
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let schema = json!({"properties": {"count": {"type": "integer"}, "mode": {"enum": ["fast", "slow"]}}});
        assert_eq!(
            call(
                &schema,
                &[("count", "1.5"), ("mode", "fsat"), ("cuont", "1")]
            ),
            Err(vec![
                "count: integer is wanted, not \"1.5\"".to_owned(),
                "mode: unknown value \"fsat\"; did you mean \"fast\"?; known: fast, slow"
                    .to_owned(),
                "unknown argument \"cuont\"; did you mean \"count\"?; known: count, mode"
                    .to_owned(),
            ])
        );
    }

    #[test]
    fn what_is_missing_and_what_does_not_belong_is_told_before_anything_is_sent() {
        let schema = schema::read(&json!({
            "properties": {"query": {"type": "string", "description": "what to run"}, "params": {"type": "object"}},
            "required": ["query"],
        }));
        let merged = |given: Value, pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect();
            merge(given.as_object().cloned().unwrap(), &pairs, &schema)
        };
        assert!(
            merged(json!({"query": "q"}), &[]).is_ok()
                && merged(json!({}), &[("query", "q")]).is_ok()
        );
        assert_eq!(
            merged(json!({"quary": 1}), &[]),
            Err(vec![
                "unknown argument \"quary\"; did you mean \"query\"?; known: query, params"
                    .to_owned(),
                "missing \"query\" (string: what to run)".to_owned(),
            ])
        );
        let none = schema::read(&json!({"type": "object", "properties": {}}));
        let told = merge(Map::new(), &[("foo".to_owned(), "1".to_owned())], &none);
        assert_eq!(
            told,
            Err(vec![
                "unknown argument \"foo\": the tool takes none".to_owned()
            ])
        );
    }

    #[test]
    fn members_that_the_schema_does_not_name_are_sent_unless_it_refuses_them() {
        let read = |further: &Value| {
            let mut schema = json!({"properties": {"query": {"type": "string"}}});
            if !further.is_null() {
                schema["additionalProperties"] = further.clone();
            }
            schema::read(&schema)
        };
        let given = json!({"query": "q", "foo": {"a": [1]}});
        let given = given.as_object().unwrap();
        for further in [Value::Null, json!(true), json!({"type": "object"})] {
            assert_eq!(
                merge(given.clone(), &[], &read(&further)).as_ref(),
                Ok(given)
            );
        }
        assert_eq!(
            merge(given.clone(), &[], &read(&json!(false))),
            Err(vec![
                "unknown argument \"foo\"; known: query (its schema says additionalProperties: false)"
                    .to_owned()
            ])
        );
        // A name on the command line is taken for a mistake, where the schema says nothing of others.
        let pair = [("foo".to_owned(), "1".to_owned())];
        assert!(merge(Map::new(), &pair, &read(&Value::Null)).is_err());
        assert!(merge(Map::new(), &pair, &read(&json!(true))).is_ok());
    }

    #[test]
    fn a_text_must_match_the_pattern_of_its_schema_where_that_is_known() {
        let code = |pattern: &str, text: &str| {
            let schema = schema::read(
                &json!({"properties": {"code": {"type": "string", "pattern": pattern}}}),
            );
            value_of_text(schema.property("code").unwrap(), text)
        };
        assert_eq!(code("^[A-Z]{2}\\/\\d+$", "SE/12"), Ok(Some(json!("SE/12"))));
        assert_eq!(
            code("^[A-Z]{2}$", "se"),
            Err("must be text like ^[A-Z]{2}$".to_owned())
        );
        // A match anywhere is enough. What is not known here, or too large, is for the server to check.
        for pattern in ["e", "^(?!x)", "(a{999}){999}", "("] {
            assert_eq!(code(pattern, "se"), Ok(Some(json!("se"))), "{pattern}");
        }
    }

    #[test]
    fn a_whole_number_that_reading_would_change_is_found_in_json() {
        let large = "12345678901234567890123";
        for json in [
            format!(r#"{{"a": {large}}}"#),
            format!(r#"{{"t": "say \"1\"", "a": [1, {large}]}}"#),
        ] {
            assert_eq!(inexact_number(&json), Some(large), "{json}");
        }
        for json in [
            format!(r#"{{"a": "{large}", "b": "x\\", "c": 18446744073709551615}}"#),
            r#"{"a": 1.5e30, "b": -9223372036854775808, "true": true}"#.to_owned(),
            format!(r#"{{"a": "\"{large}"}}"#),
        ] {
            assert_eq!(inexact_number(&json), None, "{json}");
        }
    }

    #[test]
    fn a_parameter_is_json_where_it_can_be() {
        for (text, value) in [
            ("1", json!(1)),
            ("1.0", json!(1.0)),
            ("\"1\"", json!("1")),
            ("Keanu", json!("Keanu")),
            ("[1,2]", json!([1, 2])),
            ("", json!("")),
        ] {
            assert_eq!(json_or_text(text), value);
        }
        assert_eq!(
            json_or_text("99999999999999999999"),
            json!("99999999999999999999"),
            "no digit is lost"
        );
    }

    #[test]
    fn limits_are_grammar() {
        let words = |least, most| {
            let property = Property {
                limits: schema::Limits {
                    least,
                    most,
                    ..schema::Limits::default()
                },
                ..Property::default()
            };
            let told = check_limits(&property, &json!("x".repeat(50))).err();
            (limits_in_words(&property).unwrap_or_default(), told)
        };
        assert_eq!(
            words(Some(1), None),
            ("at least 1 character".to_owned(), None)
        );
        assert_eq!(
            words(Some(2), Some(40)),
            (
                "2 to 40 characters".to_owned(),
                Some("must be 2 to 40 characters".to_owned())
            )
        );
    }
}

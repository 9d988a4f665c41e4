//! Reading a tool's JSON schema as far as a form or a command line needs it: properties, types, `$ref`.

use serde_json::{Map, Value};

/// Deeper than this a schema that refers to itself is not followed.
const DEPTH: usize = 16;

/// The sorts of value that JSON knows, as `type` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
    /// Nothing.
    Null,
}

impl Type {
    /// The type's name in a schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
            Self::Null => "null",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [
            Self::String,
            Self::Integer,
            Self::Number,
            Self::Boolean,
            Self::Array,
            Self::Object,
            Self::Null,
        ]
        .into_iter()
        .find(|each| each.as_str() == word)
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// One property of a tool's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// The types that it takes; empty: any.
    pub types: Vec<Type>,
    /// Whether a call must give it.
    pub required: bool,
    /// The values that it takes, where they are counted out.
    pub choices: Vec<Value>,
    /// What the server fills in.
    pub default: Option<Value>,
    /// Description.
    pub description: Option<String>,
    /// Types of the items of a list; empty: any.
    pub items: Vec<Type>,
}

/// The arguments that a schema describes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    /// Properties in the order of the schema.
    pub properties: Vec<Property>,
    /// Whether others may be given: `additionalProperties` says so, or nothing is described at all.
    pub open: bool,
}

impl Arguments {
    /// The property of this name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|each| each.name == name)
    }
}

/// Reads the schema of a tool's arguments.
pub fn read(schema: &Value) -> Arguments {
    let root = resolve(schema, schema, DEPTH);
    let inner = root
        .get("allOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let parts: Vec<Value> = std::iter::once(&root)
        .chain(inner)
        .map(|part| resolve(schema, part, DEPTH))
        .collect();
    let listed = parts
        .iter()
        .filter_map(|part| part.get("required"))
        .filter_map(Value::as_array)
        .flatten();
    let required: Vec<&str> = listed.filter_map(Value::as_str).collect();
    let mut properties: Vec<Property> = Vec::new();
    for part in &parts {
        let described = part
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        for (name, inner) in &described {
            if properties.iter().all(|known| known.name != *name) {
                properties.push(property(
                    schema,
                    name,
                    inner,
                    required.contains(&name.as_str()),
                ));
            }
        }
    }
    Arguments {
        properties,
        open: is_open(&root, &parts),
    }
}

/// Whether a schema takes arguments that it does not name. By the letter of JSON Schema every one does that does not say
/// otherwise; a tool that counts its arguments out, be it none, means just these.
fn is_open(root: &Value, parts: &[Value]) -> bool {
    const ELSEWHERE: [&str; 5] = [
        "anyOf",
        "oneOf",
        "if",
        "dependentSchemas",
        "patternProperties",
    ];
    match root.get("additionalProperties") {
        Some(Value::Bool(open)) => *open || root.get("patternProperties").is_some(),
        Some(Value::Object(_)) => true,
        _ => {
            parts.iter().all(|part| part.get("properties").is_none())
                || parts
                    .iter()
                    .any(|part| ELSEWHERE.iter().any(|key| part.get(key).is_some()))
        }
    }
}

fn property(root: &Value, name: &str, schema: &Value, required: bool) -> Property {
    let own = resolve(root, schema, DEPTH);
    let text = |key: &str| {
        schema
            .get(key)
            .or_else(|| own.get(key))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Property {
        name: name.to_owned(),
        types: types(root, &own, DEPTH),
        required,
        choices: choices(root, &own, DEPTH),
        default: schema
            .get("default")
            .or_else(|| own.get("default"))
            .filter(|value| !value.is_null())
            .cloned(),
        description: text("description").or_else(|| text("title")),
        items: own
            .get("items")
            .map(|items| types(root, &resolve(root, items, DEPTH), DEPTH))
            .unwrap_or_default(),
    }
}

/// The schema that a `$ref` leads to; members beside the `$ref` go over it.
fn resolve(root: &Value, schema: &Value, depth: usize) -> Value {
    let Some(reference) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .filter(|_| depth > 0)
    else {
        return schema.clone();
    };
    let target = reference.strip_prefix('#').and_then(|pointer| {
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        if pointer.is_empty() {
            Some(root)
        } else {
            root.pointer(&pointer)
        }
    });
    let Some(target) = target else {
        return schema.clone();
    };
    let mut resolved = resolve(root, target, depth - 1);
    if let (Value::Object(into), Value::Object(over)) = (&mut resolved, schema) {
        into.extend(
            over.iter()
                .filter(|(key, _)| *key != "$ref")
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    resolved
}

/// The types that a schema takes, over all its alternatives.
fn types(root: &Value, schema: &Value, depth: usize) -> Vec<Type> {
    let mut found = Vec::new();
    match schema.get("type") {
        Some(Value::String(word)) => found.extend(Type::parse(word)),
        Some(Value::Array(words)) => found.extend(
            words
                .iter()
                .filter_map(Value::as_str)
                .filter_map(Type::parse),
        ),
        _ => {}
    }
    if found.is_empty() && depth > 0 {
        let parts = ["anyOf", "oneOf", "allOf"]
            .into_iter()
            .filter_map(|key| schema.get(key).and_then(Value::as_array))
            .flatten();
        found
            .extend(parts.flat_map(|part| types(root, &resolve(root, part, depth - 1), depth - 1)));
    }
    if found.is_empty() {
        found.extend(schema.get("const").map(Type::of));
        found.extend(
            schema
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(Type::of),
        );
        found.extend(schema.get("properties").map(|_| Type::Object));
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        found.push(Type::Null);
    }
    let mut each = Vec::new();
    for one in found {
        if !each.contains(&one) {
            each.push(one);
        }
    }
    each
}

/// The values that a schema counts out; none where an alternative takes more than those.
fn choices(root: &Value, schema: &Value, depth: usize) -> Vec<Value> {
    if let Some(Value::Array(values)) = schema.get("enum") {
        return values.clone();
    }
    if let Some(value) = schema.get("const") {
        return vec![value.clone()];
    }
    let alternatives = ["anyOf", "oneOf"]
        .into_iter()
        .find_map(|key| schema.get(key).and_then(Value::as_array));
    let Some(alternatives) = alternatives.filter(|_| depth > 0) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for part in alternatives {
        let part = resolve(root, part, depth - 1);
        if part.get("type").and_then(Value::as_str) == Some("null") {
            all.push(Value::Null);
            continue;
        }
        let some = choices(root, &part, depth - 1);
        if some.is_empty() {
            return Vec::new();
        }
        all.extend(some);
    }
    all
}

/// An object with nothing but the defaults that a schema names: what a form starts from.
pub fn defaults(arguments: &Arguments) -> Map<String, Value> {
    arguments
        .properties
        .iter()
        .filter_map(|each| Some((each.name.clone(), each.default.clone()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_lead_where_they_point() {
        let schema = json!({
            "type": "object",
            "properties": {
                "colour": {"$ref": "#/$defs/Colour", "description": "of the line"},
                "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": null},
                "node": {"$ref": "#/$defs/Node"},
            },
            "required": ["colour"],
            "$defs": {
                "Colour": {"enum": ["red", "green"]},
                "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}},
            },
        });
        let read = read(&schema);
        let colour = read.property("colour").unwrap();
        assert_eq!(
            (
                colour.types.as_slice(),
                colour.required,
                colour.choices.len()
            ),
            ([Type::String].as_slice(), true, 2)
        );
        assert_eq!(colour.description.as_deref(), Some("of the line"));
        let limit = read.property("limit").unwrap();
        assert_eq!(
            (limit.types.as_slice(), limit.default.is_none()),
            ([Type::Integer, Type::Null].as_slice(), true)
        );
        assert_eq!(read.property("node").unwrap().types, [Type::Object]);
        assert!(!read.open);
    }

    #[test]
    fn arguments_that_are_counted_out_are_all_that_there_are() {
        for (schema, open) in [
            (json!({"type": "object", "properties": {}}), false),
            (json!({"type": "object", "properties": {"a": {}}}), false),
            (
                json!({"type": "object", "additionalProperties": false}),
                false,
            ),
            (json!({"allOf": [{"properties": {"a": {}}}]}), false),
            (json!({"type": "object"}), true),
            (
                json!({"properties": {"a": {}}, "additionalProperties": true}),
                true,
            ),
            (
                json!({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}),
                true,
            ),
            (
                json!({"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}]}),
                true,
            ),
            (
                json!({"patternProperties": {"^x-": {}}, "additionalProperties": false}),
                true,
            ),
        ] {
            assert_eq!(read(&schema).open, open, "{schema}");
        }
        let parts = read(&json!({"allOf": [{"properties": {"a": {}}, "required": ["a"]}]}));
        assert!(parts.property("a").unwrap().required);
    }

    #[test]
    fn a_schema_that_refers_to_itself_or_to_nothing_ends() {
        assert!(read(&json!({"$ref": "#"})).open);
        assert!(
            read(&json!({"properties": {"x": {"$ref": "#/nowhere"}}}))
                .property("x")
                .unwrap()
                .types
                .is_empty()
        );
        assert!(
            read(&json!(null)).open
                && read(&json!({"additionalProperties": true, "properties": {"a": {}}})).open
        );
    }
}

//! Reading a JSON schema as far as a form or a command line needs it: properties, types, limits, `$ref`.
//!
//! A schema comes from a server that is not trusted. Reading one takes time and memory in proportion to its size and no
//! more: a reference is followed once per question, nothing is copied while it is followed, and what is kept is counted
//! against one budget. Where the budget ends, the rest is read as if the schema said nothing.

mod reader;

use serde_json::{Map, Value};

use reader::Reader;

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
    /// Returns the type's name in a schema.
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
        .find(|kind| kind.as_str() == word)
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

/// A value that a property takes, with its title for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The value.
    pub value: Value,
    /// Its title, where the schema gives one.
    pub title: Option<String>,
}

/// Limits of a value, each as the schema gives it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// The smallest number.
    pub minimum: Option<f64>,
    /// The largest number.
    pub maximum: Option<f64>,
    /// The fewest characters of a text, or items of a list.
    pub least: Option<u64>,
    /// The most characters of a text, or items of a list.
    pub most: Option<u64>,
    /// `email`, `uri`, `date`, `date-time`, or another format of a text.
    pub format: Option<String>,
    /// A regular expression (ECMA 262) that a text must contain a match of.
    pub pattern: Option<String>,
}

/// Whether an object may have members that its schema does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FurtherMembers {
    /// The schema says so, or describes no members at all.
    Allowed,
    /// The schema names members and says nothing of others: JSON Schema allows them, and most servers ignore them.
    #[default]
    NotMentioned,
    /// `additionalProperties: false`.
    Refused,
}

/// One property of a tool's arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its title for people.
    pub title: Option<String>,
    /// The types that it takes; empty: any.
    pub types: Vec<Type>,
    /// Whether a call must give it.
    pub required: bool,
    /// The values that it takes, where they are counted out. For a list: those of its items.
    pub choices: Vec<Choice>,
    /// What the server fills in.
    pub default: Option<Value>,
    /// Description.
    pub description: Option<String>,
    /// Limits of its value.
    pub limits: Limits,
    /// Types of the items of a list; empty: any.
    pub items: Vec<Type>,
    /// The properties of an object; of a list's items, where those are objects.
    pub members: Vec<Property>,
    /// Whether the object may have others than those; of a list's items, where those are objects.
    pub further: FurtherMembers,
    /// The alternatives of a `oneOf` or `anyOf` of which at least one is an object with properties; for a list, those of its
    /// items. Each is named by its title, its constant, or its type.
    pub variants: Vec<Property>,
}

impl Property {
    /// Returns whether it takes a list.
    pub fn is_list(&self) -> bool {
        self.types.contains(&Type::Array)
    }

    /// Returns the property of one item of a list of objects, or `None` if the items are no objects.
    pub fn item(&self) -> Option<Self> {
        let is_nested = !self.members.is_empty() || !self.variants.is_empty();
        (self.is_list() && is_nested).then(|| Self {
            types: self.items.clone(),
            required: true,
            members: self.members.clone(),
            further: self.further,
            variants: self.variants.clone(),
            ..Self::default()
        })
    }
}

/// The arguments that a schema describes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArgumentsSchema {
    /// Properties in the order of the schema.
    pub properties: Vec<Property>,
    /// Whether others may be given.
    pub further: FurtherMembers,
}

impl ArgumentsSchema {
    /// Returns the property of this name.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties
            .iter()
            .find(|property| property.name == name)
    }
}

/// Reads the schema of a tool's arguments.
pub fn read(schema: &Value) -> ArgumentsSchema {
    Reader::new(schema).arguments()
}

/// Returns an object with nothing but the defaults that a schema names: what a form starts from.
pub fn defaults(arguments: &ArgumentsSchema) -> Map<String, Value> {
    arguments
        .properties
        .iter()
        .filter_map(|property| Some((property.name.clone(), property.default.clone()?)))
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
        assert_eq!(read.further, FurtherMembers::NotMentioned);
    }

    #[test]
    fn further_members_are_allowed_not_mentioned_or_refused() {
        use FurtherMembers::{Allowed, NotMentioned, Refused};
        for (schema, further) in [
            (json!({"type": "object", "properties": {}}), NotMentioned),
            (
                json!({"type": "object", "properties": {"a": {}}}),
                NotMentioned,
            ),
            (
                json!({"type": "object", "additionalProperties": false}),
                Refused,
            ),
            (
                json!({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false}),
                Refused,
            ),
            (json!({"allOf": [{"properties": {"a": {}}}]}), NotMentioned),
            (json!({"type": "object"}), Allowed),
            (
                json!({"properties": {"a": {}}, "additionalProperties": true}),
                Allowed,
            ),
            (
                json!({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}),
                Allowed,
            ),
            (
                json!({"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}]}),
                Allowed,
            ),
            (
                json!({"patternProperties": {"^x-": {}}, "additionalProperties": false}),
                Allowed,
            ),
        ] {
            assert_eq!(read(&schema).further, further, "{schema}");
            let nested = read(&json!({"properties": {"o": schema}}));
            assert_eq!(nested.property("o").unwrap().further, further, "{schema}");
        }
        let list = json!({"type": "array", "items": {"properties": {"a": {}}, "additionalProperties": false}});
        let list = read(&json!({"properties": {"l": list}}));
        assert_eq!(list.property("l").unwrap().item().unwrap().further, Refused);
        let parts = read(&json!({"allOf": [{"properties": {"a": {}}, "required": ["a"]}]}));
        assert!(parts.property("a").unwrap().required);
    }

    #[test]
    fn a_schema_that_refers_to_itself_or_to_nothing_ends() {
        assert_eq!(read(&json!({"$ref": "#"})).further, FurtherMembers::Allowed);
        assert!(
            read(&json!({"properties": {"x": {"$ref": "#/nowhere"}}}))
                .property("x")
                .unwrap()
                .types
                .is_empty()
        );
        assert_eq!(read(&json!(null)).further, FurtherMembers::Allowed);
    }

    /// A server may send this to every operator who connects: none of it may cost more than a moment.
    #[test]
    fn hostile_schemas_are_read_in_bounded_time() {
        let many = |count: usize, schema: &Value| -> Value {
            (0..count)
                .map(|at| (format!("p{at}"), schema.clone()))
                .collect::<Map<_, _>>()
                .into()
        };
        let reference = |name: &str| json!({"$ref": format!("#/$defs/{name}")});
        let branching = json!({"anyOf": vec![reference("J"); 3], "oneOf": vec![reference("J"); 3], "allOf": vec![reference("J"); 3]});
        let pair = json!({"anyOf": [reference("K"), reference("K"), {"items": reference("J")}]});
        let deep = json!({"properties": {"a": reference("D"), "b": reference("D"), "c": reference("D"), "d": reference("D")}});
        let big: Vec<String> = (0..1_500)
            .map(|at| format!("value {at} {}", "x".repeat(200)))
            .collect();
        let schemas = [
            json!({"$ref": "#/$defs/J", "$defs": {"J": branching}}),
            json!({"properties": {"a": reference("J"), "b": {"items": reference("K")}}, "$defs": {"J": branching, "K": pair}}),
            json!({"properties": {"a": reference("D")}, "$defs": {"D": deep}}),
            json!({"properties": many(5_000, &reference("E")), "$defs": {"E": {"enum": big}}}),
            json!({"properties": many(5_000, &reference("T")), "$defs": {"T": {"default": big, "description": "y".repeat(100_000)}}}),
            json!({"properties": many(50_000, &json!({})), "required": (0..50_000).map(|at| format!("p{at}")).collect::<Vec<_>>()}),
            json!({"allOf": vec![json!({"$ref": "#"}); 5_000]}),
            json!({"properties": {"a": {"anyOf": vec![json!({"$ref": "#/properties/a"}); 5_000]}}}),
        ];
        for schema in &schemas {
            let size = read(schema).properties.len();
            assert!(size <= 50_000);
        }
    }

    #[test]
    fn alternatives_of_objects_are_variants_with_names() {
        let schema = json!({"properties": {
            "shape": {"oneOf": [
                {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}},
                {"title": "Square", "type": "object", "properties": {"side": {"type": "number"}}},
                {"type": "string"},
            ]},
            "shapes": {"type": "array", "items": {"anyOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}},
            "plain": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "maybe": {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "null"}]},
        }});
        let read = read(&schema);
        let names = |name: &str| {
            let variants = &read.property(name).unwrap().variants;
            variants
                .iter()
                .map(|variant| variant.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("shape"), ["circle", "Square", "string"]);
        assert_eq!(names("shapes"), ["a", "b"]);
        assert!(names("plain").is_empty() && names("maybe").is_empty());
        assert_eq!(read.property("maybe").unwrap().members.len(), 1);
        assert_eq!(
            read.property("shapes")
                .unwrap()
                .item()
                .unwrap()
                .variants
                .len(),
            2
        );
    }

    #[test]
    fn limits_titles_and_members_are_read() {
        let schema = json!({"properties": {
            "rating": {"type": "integer", "minimum": 1, "maximum": 10, "title": "Rating"},
            "place": {"oneOf": [{"const": "home", "title": "At home"}, {"const": "cinema", "title": "In a cinema"}]},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
            "mail": {"type": "string", "format": "email", "minLength": 3},
            "code": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "input": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
            "rows": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number"}}}},
            "maybe": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
        }});
        let read = read(&schema);
        let property = |name: &str| read.property(name).unwrap();
        assert_eq!(
            (
                property("rating").limits.minimum,
                property("rating").limits.maximum
            ),
            (Some(1.0), Some(10.0))
        );
        let titles: Vec<_> = property("place")
            .choices
            .iter()
            .map(|choice| choice.title.clone().unwrap())
            .collect();
        assert_eq!(titles, ["At home", "In a cinema"]);
        assert!(property("tags").is_list() && property("tags").choices.len() == 2);
        assert_eq!(property("tags").limits.most, Some(2));
        assert_eq!(property("mail").limits.format.as_deref(), Some("email"));
        let pattern = property("code").limits.pattern.as_deref();
        assert_eq!(pattern, Some("^[A-Z]{2}$"));
        assert!(property("input").members.first().unwrap().required);
        assert_eq!(
            property("rows").members.first().unwrap().types,
            [Type::Number]
        );
        let row = property("rows").item().unwrap();
        assert_eq!(
            (row.types.as_slice(), row.required, row.members.len()),
            ([Type::Object].as_slice(), true, 1)
        );
        assert_eq!(property("tags").item(), None);
        assert_eq!(property("input").item(), None);
        assert_eq!(property("maybe").limits.minimum, Some(3.0));
    }
}

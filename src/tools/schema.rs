//! Reading a JSON schema as far as a form or a command line needs it: properties, types, limits, `$ref`.
//!
//! A schema comes from a server that is not trusted. Reading one takes time and memory in proportion to its size and no
//! more: a reference is followed once per question, nothing is copied while it is followed, and what is kept is counted
//! against one budget. Where the budget ends, the rest is read as if the schema said nothing.

use std::{cell::Cell, collections::HashSet};

use serde_json::{Map, Value};

/// References that are followed one after the other.
const REFERENCES: usize = 16;
/// Levels of objects within objects that are read as properties.
const LEVELS: usize = 4;
/// Schemas looked at, and pieces of 64 bytes kept, for all of one tool's arguments.
const BUDGET: usize = 100_000;
/// Alternatives within alternatives that are looked at.
const ALTERNATIVES: usize = 32;
/// Types that JSON Schema knows.
const TYPES: usize = 7;
/// Values that a property may count out; where there are more, it takes any.
const CHOICES: usize = 2_000;

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
}

impl Property {
    /// Whether it takes a list.
    pub fn is_list(&self) -> bool {
        self.types.contains(&Type::Array)
    }
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
        self.properties
            .iter()
            .find(|property| property.name == name)
    }
}

/// Reads the schema of a tool's arguments.
pub fn read(schema: &Value) -> Arguments {
    let reader = Reader {
        root: schema,
        left: Cell::new(BUDGET),
    };
    let own = reader.resolve(schema);
    let parts = reader.parts(&own);
    let properties = reader.properties(&parts, LEVELS);
    Arguments {
        properties,
        open: is_open(&own, &parts) || reader.left.get() == 0,
    }
}

/// A schema and what its references lead to, the first of them first: what stands beside a `$ref` goes over its target.
#[derive(Clone)]
struct Resolved<'a>(Vec<&'a Value>);

impl<'a> Resolved<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.iter().find_map(|schema| schema.get(key))
    }

    fn array(&self, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find_map(|schema| schema.get(key).and_then(Value::as_str))
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.get(key).and_then(Value::as_f64)
    }

    fn count(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }
}

/// The schemas that one question has looked at, by their address in the document, and how deep it is in them.
#[derive(Default)]
struct Visited {
    schemas: HashSet<*const Value>,
    depth: usize,
}

impl Visited {
    /// Whether the schema is looked at for the first time, and not too deep.
    fn enter(&mut self, schema: &Resolved<'_>) -> bool {
        let is_new = schema
            .0
            .first()
            .is_some_and(|schema| self.schemas.insert(std::ptr::from_ref(*schema)));
        let enters = is_new && self.depth < ALTERNATIVES;
        self.depth += usize::from(enters);
        enters
    }
}

struct Reader<'a> {
    root: &'a Value,
    left: Cell<usize>,
}

impl<'a> Reader<'a> {
    /// Takes from the budget; `false` where that is not enough.
    fn spend(&self, amount: usize) -> bool {
        let left = self.left.get().checked_sub(amount);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// A copy, where the budget allows it.
    fn keep(&self, value: &Value) -> Option<Value> {
        self.spend_for(value).then(|| value.clone())
    }

    fn keep_text(&self, text: Option<&str>) -> Option<String> {
        text.filter(|text| self.spend(1 + text.len() / 64))
            .map(str::to_owned)
    }

    fn spend_for(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.spend(1),
            Value::String(text) => self.spend(1 + text.len() / 64),
            Value::Array(items) => self.spend(1) && items.iter().all(|item| self.spend_for(item)),
            Value::Object(members) => {
                self.spend(1)
                    && members.iter().all(|(name, member)| {
                        self.spend(1 + name.len() / 64) && self.spend_for(member)
                    })
            }
        }
    }

    fn resolve(&self, schema: &'a Value) -> Resolved<'a> {
        let mut chain = vec![schema];
        let mut last = schema;
        while chain.len() <= REFERENCES
            && self.spend(1)
            && let Some(target) = self.target(last)
            && !chain.iter().any(|known| std::ptr::eq(*known, target))
        {
            chain.push(target);
            last = target;
        }
        Resolved(chain)
    }

    /// What a schema's `$ref` points to, within the document.
    fn target(&self, schema: &Value) -> Option<&'a Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        if !self.spend(1 + pointer.len() / 64) {
            return None;
        }
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        if pointer.is_empty() {
            Some(self.root)
        } else {
            self.root.pointer(&pointer)
        }
    }

    /// A schema and the parts of its `allOf`.
    fn parts(&self, own: &Resolved<'a>) -> Vec<Resolved<'a>> {
        let mut parts = vec![own.clone()];
        parts.extend(
            own.array("allOf")
                .take_while(|_| self.spend(1))
                .map(|part| self.resolve(part)),
        );
        parts
    }

    fn properties(&self, parts: &[Resolved<'a>], levels: usize) -> Vec<Property> {
        let required: HashSet<&str> = parts
            .iter()
            .flat_map(|part| part.array("required"))
            .filter_map(Value::as_str)
            .collect();
        let mut known: HashSet<&str> = HashSet::new();
        let mut properties = Vec::new();
        for part in parts {
            for schema in &part.0 {
                let described = schema.get("properties").and_then(Value::as_object);
                for (name, inner) in described.into_iter().flatten() {
                    if self.spend(1 + name.len() / 64) && known.insert(name) {
                        properties.push(self.property(
                            name,
                            inner,
                            required.contains(name.as_str()),
                            levels,
                        ));
                    }
                }
                // What stands beside a reference replaces the properties of its target.
                if described.is_some() {
                    break;
                }
            }
        }
        properties
    }

    fn property(&self, name: &str, schema: &'a Value, required: bool, levels: usize) -> Property {
        let own = self.resolve(schema);
        let types = self.types(&own, &mut Visited::default());
        let items = own.get("items").map(|items| self.resolve(items));
        let choices = self
            .choices(&own, &mut Visited::default())
            .filter(|choices| !choices.is_empty())
            .or_else(|| self.choices(items.as_ref()?, &mut Visited::default()))
            .unwrap_or_default();
        let members = match (levels.checked_sub(1), &items) {
            (None, _) => Vec::new(),
            (Some(levels), Some(items)) if types.contains(&Type::Array) => {
                self.properties(&self.parts(items), levels)
            }
            (Some(levels), _) => self.properties(&self.parts(&self.object(&own)), levels),
        };
        Property {
            name: name.to_owned(),
            title: self.keep_text(own.text("title")),
            required,
            choices,
            default: own
                .get("default")
                .filter(|value| !value.is_null())
                .and_then(|value| self.keep(value)),
            description: self.keep_text(own.text("description").or_else(|| own.text("title"))),
            limits: self.limits(&self.object(&own)),
            items: items.map_or_else(Vec::new, |items| {
                self.types(&items, &mut Visited::default())
            }),
            types,
            members,
        }
    }

    /// The alternative that says most, where the only other one is `null`: how optional values are written.
    fn object(&self, own: &Resolved<'a>) -> Resolved<'a> {
        let alternatives: Vec<&Value> = own
            .array("anyOf")
            .chain(own.array("oneOf"))
            .take(3)
            .filter(|part| part.get("type").and_then(Value::as_str) != Some("null"))
            .collect();
        match alternatives.as_slice() {
            [only] => {
                let mut chain = own.0.clone();
                chain.extend(self.resolve(only).0);
                Resolved(chain)
            }
            _ => own.clone(),
        }
    }

    fn limits(&self, own: &Resolved<'a>) -> Limits {
        Limits {
            minimum: own.number("minimum"),
            maximum: own.number("maximum"),
            least: own.count("minLength").or_else(|| own.count("minItems")),
            most: own.count("maxLength").or_else(|| own.count("maxItems")),
            format: self.keep_text(own.text("format")),
        }
    }

    /// The types that a schema takes, over all its alternatives.
    fn types(&self, own: &Resolved<'a>, visited: &mut Visited) -> Vec<Type> {
        let mut found = Vec::new();
        if !visited.enter(own) {
            return found;
        }
        match own.get("type") {
            Some(Value::String(word)) => found.extend(Type::parse(word)),
            Some(Value::Array(words)) => found.extend(
                words
                    .iter()
                    .take(TYPES)
                    .filter_map(Value::as_str)
                    .filter_map(Type::parse),
            ),
            _ => {}
        }
        if found.is_empty() {
            for key in ["anyOf", "oneOf", "allOf"] {
                for part in own.array(key) {
                    if !self.spend(1) {
                        break;
                    }
                    add_types(&mut found, self.types(&self.resolve(part), visited));
                }
            }
        }
        if found.is_empty() {
            found.extend(own.get("const").map(Type::of));
            for value in own.array("enum").take_while(|_| self.spend(1)) {
                add_types(&mut found, vec![Type::of(value)]);
            }
            found.extend(own.get("properties").map(|_| Type::Object));
        }
        if own.get("nullable") == Some(&Value::Bool(true)) {
            found.push(Type::Null);
        }
        visited.depth -= 1;
        let mut types = Vec::new();
        add_types(&mut types, found);
        types
    }

    /// The values that a schema counts out; `None` where it takes more than those.
    fn choices(&self, own: &Resolved<'a>, visited: &mut Visited) -> Option<Vec<Choice>> {
        if !visited.enter(own) {
            return Some(Vec::new());
        }
        let found = self.choices_within(own, visited);
        visited.depth -= 1;
        found
    }

    fn choices_within(&self, own: &Resolved<'a>, visited: &mut Visited) -> Option<Vec<Choice>> {
        if let Some(Value::Array(values)) = own.get("enum") {
            let titles: Vec<&Value> = own.array("enumNames").take(CHOICES).collect();
            return (values.len() <= CHOICES)
                .then(|| values.iter().enumerate())?
                .map(|(at, value)| {
                    Some(Choice {
                        value: self.keep(value)?,
                        title: self.keep_text(titles.get(at).and_then(|title| title.as_str())),
                    })
                })
                .collect();
        }
        if let Some(value) = own.get("const") {
            return Some(vec![Choice {
                value: self.keep(value)?,
                title: self.keep_text(own.text("title")),
            }]);
        }
        let alternatives = ["anyOf", "oneOf"]
            .into_iter()
            .find_map(|key| own.get(key).and_then(Value::as_array))?;
        let mut all = Vec::new();
        for part in alternatives {
            if !self.spend(1) || all.len() > CHOICES {
                return None;
            }
            let part = self.resolve(part);
            if part.text("type") == Some("null") {
                all.push(Choice {
                    value: Value::Null,
                    title: None,
                });
            } else {
                all.extend(self.choices(&part, visited)?);
            }
        }
        Some(all)
    }
}

fn add_types(types: &mut Vec<Type>, more: Vec<Type>) {
    for kind in more {
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
}

/// Whether a schema takes arguments that it does not name. By the letter of JSON Schema every one does that does not say
/// otherwise; a tool that counts its arguments out, be it none, means just these.
fn is_open(own: &Resolved<'_>, parts: &[Resolved<'_>]) -> bool {
    const ELSEWHERE: [&str; 5] = [
        "anyOf",
        "oneOf",
        "if",
        "dependentSchemas",
        "patternProperties",
    ];
    match own.get("additionalProperties") {
        Some(Value::Bool(open)) => *open || own.get("patternProperties").is_some(),
        Some(Value::Object(_)) => true,
        _ => {
            parts.iter().all(|part| part.get("properties").is_none())
                || parts
                    .iter()
                    .any(|part| ELSEWHERE.iter().any(|key| part.get(key).is_some()))
        }
    }
}

/// An object with nothing but the defaults that a schema names: what a form starts from.
pub fn defaults(arguments: &Arguments) -> Map<String, Value> {
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
    fn limits_titles_and_members_are_read() {
        let schema = json!({"properties": {
            "rating": {"type": "integer", "minimum": 1, "maximum": 10, "title": "Rating"},
            "place": {"oneOf": [{"const": "home", "title": "At home"}, {"const": "cinema", "title": "In a cinema"}]},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
            "mail": {"type": "string", "format": "email", "minLength": 3},
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
        assert!(property("input").members.first().unwrap().required);
        assert_eq!(
            property("rows").members.first().unwrap().types,
            [Type::Number]
        );
        assert_eq!(property("maybe").limits.minimum, Some(3.0));
    }
}

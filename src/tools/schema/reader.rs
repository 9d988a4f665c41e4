//! Reads a schema within a budget: references, parts, types, choices, alternatives.

use std::collections::HashSet;

use serde_json::Value;

use super::{ArgumentsSchema, Choice, FurtherMembers, Limits, Property, Type};

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
/// Alternatives that are offered as a choice at most.
const VARIANTS: usize = 16;
/// Values that a property may count out; where there are more, it takes any.
const CHOICES: usize = 2_000;

/// A schema and what its references lead to, the first of them first: what stands beside a `$ref` goes over its target.
#[derive(Clone)]
struct ResolvedSchema<'a>(Vec<&'a Value>);

impl<'a> ResolvedSchema<'a> {
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
struct VisitedSchemas {
    schemas: HashSet<*const Value>,
    depth: usize,
}

impl VisitedSchemas {
    /// Returns whether the schema is looked at for the first time, and not too deep.
    fn enter(&mut self, schema: &ResolvedSchema<'_>) -> bool {
        let is_new = schema
            .0
            .first()
            .is_some_and(|schema| self.schemas.insert(std::ptr::from_ref(*schema)));
        let enters = is_new && self.depth < ALTERNATIVES;
        self.depth += usize::from(enters);
        enters
    }
}

/// Reads schemas within a budget.
pub(super) struct Reader<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> Reader<'a> {
    /// Returns a reader of the schema of a tool's arguments, with the budget for all of them.
    pub(super) const fn new(root: &'a Value) -> Self {
        Self { root, left: BUDGET }
    }

    /// Reads the schema.
    pub(super) fn arguments(&mut self) -> ArgumentsSchema {
        let own = self.resolve(self.root);
        let parts = self.parts(&own);
        let properties = self.properties(&parts, LEVELS);
        let further = self.further(&own, &parts);
        ArgumentsSchema {
            properties,
            further,
        }
    }

    /// Returns whether a schema takes members that it does not name. Where the budget is spent, nothing is known of the schema.
    fn further(&self, own: &ResolvedSchema<'_>, parts: &[ResolvedSchema<'_>]) -> FurtherMembers {
        if self.left == 0 {
            FurtherMembers::Allowed
        } else {
            further(own, parts)
        }
    }

    /// Takes from the budget; `false` where that is not enough.
    fn spend(&mut self, amount: usize) -> bool {
        let left = self.left.checked_sub(amount);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// Returns a copy, where the budget allows it.
    fn keep(&mut self, value: &Value) -> Option<Value> {
        self.spend_for(value).then(|| value.clone())
    }

    fn keep_text(&mut self, text: Option<&str>) -> Option<String> {
        text.filter(|text| self.spend(1 + text.len() / 64))
            .map(str::to_owned)
    }

    fn spend_for(&mut self, value: &Value) -> bool {
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

    fn resolve(&mut self, schema: &'a Value) -> ResolvedSchema<'a> {
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
        ResolvedSchema(chain)
    }

    /// Returns what a schema's `$ref` points to, within the document.
    fn target(&mut self, schema: &Value) -> Option<&'a Value> {
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

    /// Returns a schema and the parts of its `allOf`.
    fn parts(&mut self, own: &ResolvedSchema<'a>) -> Vec<ResolvedSchema<'a>> {
        let mut parts = vec![own.clone()];
        for part in own.array("allOf") {
            if !self.spend(1) {
                break;
            }
            parts.push(self.resolve(part));
        }
        parts
    }

    fn properties(&mut self, parts: &[ResolvedSchema<'a>], levels: usize) -> Vec<Property> {
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

    fn property(
        &mut self,
        name: &str,
        schema: &'a Value,
        required: bool,
        levels: usize,
    ) -> Property {
        let own = self.resolve(schema);
        let types = self.types(&own, &mut VisitedSchemas::default());
        let items = own.get("items").map(|items| self.resolve(items));
        let choices = self
            .choices(&own, &mut VisitedSchemas::default())
            .filter(|choices| !choices.is_empty())
            .or_else(|| self.choices(items.as_ref()?, &mut VisitedSchemas::default()))
            .unwrap_or_default();
        let object = self.object(&own);
        let described = match &items {
            Some(items) if types.contains(&Type::Array) => items,
            Some(_) | None => &object,
        };
        let (members, further) = match levels.checked_sub(1) {
            None => (Vec::new(), FurtherMembers::Allowed),
            Some(levels) => {
                let parts = self.parts(described);
                let members = self.properties(&parts, levels);
                (members, self.further(described, &parts))
            }
        };
        let variants = self.variants(items.as_ref().unwrap_or(&own), levels);
        Property {
            name: name.to_owned(),
            title: self.keep_text(own.text("title")),
            required,
            choices,
            variants,
            default: own
                .get("default")
                .filter(|value| !value.is_null())
                .and_then(|value| self.keep(value)),
            description: self.keep_text(own.text("description").or_else(|| own.text("title"))),
            limits: self.limits(&object),
            items: items.map_or_else(Vec::new, |items| {
                self.types(&items, &mut VisitedSchemas::default())
            }),
            types,
            members,
            further,
        }
    }

    /// Returns the alternative that says most, where the only other one is `null`: how optional values are written.
    fn object(&mut self, own: &ResolvedSchema<'a>) -> ResolvedSchema<'a> {
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
                ResolvedSchema(chain)
            }
            _ => own.clone(),
        }
    }

    /// Returns the alternatives of a schema, where at least two are no `null` and one is an object with properties.
    fn variants(&mut self, own: &ResolvedSchema<'a>, levels: usize) -> Vec<Property> {
        let Some(levels) = levels.checked_sub(1) else {
            return Vec::new();
        };
        let alternatives: Vec<&'a Value> = own
            .array("oneOf")
            .chain(own.array("anyOf"))
            .take(VARIANTS + 1)
            .filter(|part| part.get("type").and_then(Value::as_str) != Some("null"))
            .collect();
        let is_choice = (2..=VARIANTS).contains(&alternatives.len())
            && alternatives
                .iter()
                .any(|part| self.resolve(part).get("properties").is_some());
        if !is_choice {
            return Vec::new();
        }
        let mut variants = Vec::new();
        for part in alternatives {
            if !self.spend(1) {
                break;
            }
            let mut variant = self.property("", part, true, levels);
            variant.name = variant_name(&variant);
            variants.push(variant);
        }
        variants
    }

    fn limits(&mut self, own: &ResolvedSchema<'a>) -> Limits {
        Limits {
            minimum: own.number("minimum"),
            maximum: own.number("maximum"),
            least: own.count("minLength").or_else(|| own.count("minItems")),
            most: own.count("maxLength").or_else(|| own.count("maxItems")),
            format: self.keep_text(own.text("format")),
            pattern: self.keep_text(own.text("pattern")),
        }
    }

    /// The types that a schema takes, over all its alternatives.
    fn types(&mut self, own: &ResolvedSchema<'a>, visited: &mut VisitedSchemas) -> Vec<Type> {
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
                    let part = self.resolve(part);
                    add_types(&mut found, self.types(&part, visited));
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

    /// Returns the values that a schema counts out; `None` where it takes more than those.
    fn choices(
        &mut self,
        own: &ResolvedSchema<'a>,
        visited: &mut VisitedSchemas,
    ) -> Option<Vec<Choice>> {
        if !visited.enter(own) {
            return Some(Vec::new());
        }
        let found = self.choices_within(own, visited);
        visited.depth -= 1;
        found
    }

    fn choices_within(
        &mut self,
        own: &ResolvedSchema<'a>,
        visited: &mut VisitedSchemas,
    ) -> Option<Vec<Choice>> {
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

/// Returns what an alternative is called: its title, the constant that tells it apart, else its type.
fn variant_name(variant: &Property) -> String {
    let constant = variant
        .members
        .iter()
        .find_map(|member| match member.choices.as_slice() {
            [only] => only.value.as_str().map(str::to_owned),
            _ => None,
        });
    let members = || {
        let names = variant.members.iter().map(|member| member.name.as_str());
        names.take(3).collect::<Vec<_>>().join(", ")
    };
    let kind = || variant.types.first().map(|kind| kind.as_str().to_owned());
    variant
        .title
        .clone()
        .or(constant)
        .or_else(|| Some(members()).filter(|names| !names.is_empty()))
        .or_else(kind)
        .unwrap_or_else(|| "any".to_owned())
}

fn add_types(types: &mut Vec<Type>, more: Vec<Type>) {
    for kind in more {
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
}

/// Returns whether a schema takes members that it does not name.
fn further(own: &ResolvedSchema<'_>, parts: &[ResolvedSchema<'_>]) -> FurtherMembers {
    const ELSEWHERE: [&str; 5] = [
        "anyOf",
        "oneOf",
        "if",
        "dependentSchemas",
        "patternProperties",
    ];
    let said = own
        .get("additionalProperties")
        .or_else(|| own.get("unevaluatedProperties"));
    match said {
        Some(Value::Bool(false)) if own.get("patternProperties").is_none() => {
            FurtherMembers::Refused
        }
        Some(Value::Bool(_) | Value::Object(_)) => FurtherMembers::Allowed,
        _ => {
            let describes_none = parts.iter().all(|part| part.get("properties").is_none());
            let describes_elsewhere = parts
                .iter()
                .any(|part| ELSEWHERE.iter().any(|key| part.get(key).is_some()));
            if describes_none || describes_elsewhere {
                FurtherMembers::Allowed
            } else {
                FurtherMembers::NotMentioned
            }
        }
    }
}

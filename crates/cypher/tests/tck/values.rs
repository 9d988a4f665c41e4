//! The notation of values in the kit, brought into a canonical form so that texts can be compared:
//! labels and keys are sorted.

use cypher::{Map, QueryResult, Value, float_text};

/// Formats a value of a result.
pub(crate) fn of_result(result: &QueryResult, value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => float_text(*value),
        Value::String(text) => quoted(text),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|item| of_result(result, item)).collect();
            list(&items)
        }
        Value::Map(map) => of_map(result, map),
        Value::Node(id) => {
            let node = result.nodes.get(id).unwrap();
            entity(
                &node.labels.iter().cloned().collect::<Vec<_>>(),
                &of_map(result, &node.properties),
                ('(', ')'),
            )
        }
        Value::Relationship(id) => {
            let relationship = result.relationships.get(id).unwrap();
            let properties = of_map(result, &relationship.properties);
            entity(
                std::slice::from_ref(&relationship.kind),
                &properties,
                ('[', ']'),
            )
        }
        Value::Path(path) => {
            let mut text = of_result(result, &Value::Node(path.nodes[0]));
            for (index, id) in path.relationships.iter().enumerate() {
                let relationship = of_result(result, &Value::Relationship(*id));
                let node = of_result(result, &Value::Node(path.nodes[index + 1]));
                let forward = result.relationships[id].start == path.nodes[index];
                let (left, right) = if forward { ("-", "->") } else { ("<-", "-") };
                for part in [left, &relationship, right, &node] {
                    text.push_str(part);
                }
            }
            format!("<{text}>")
        }
        other => format!("{other:?}"),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn list(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

fn of_map(result: &QueryResult, map: &Map) -> String {
    entries(
        map.iter()
            .map(|(key, value)| (key.clone(), of_result(result, value)))
            .collect(),
    )
}

fn entries(mut entries: Vec<(String, String)>) -> String {
    entries.sort();
    let entries: Vec<_> = entries
        .iter()
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

fn entity(labels: &[String], properties: &str, (open, close): (char, char)) -> String {
    let mut labels = labels.to_vec();
    labels.sort();
    let mut text = labels
        .iter()
        .fold(String::new(), |text, label| text + ":" + label);
    if properties != "{}" {
        if !text.is_empty() {
            text.push(' ');
        }
        text += properties;
    }
    format!("{open}{text}{close}")
}

/// Brings a value in the notation of the kit into canonical form. `sorted` sorts the elements of
/// lists, for results whose lists have no order.
pub(crate) fn canonical(text: &str, sorted: bool) -> Option<String> {
    let mut reader = Reader {
        characters: text.chars().collect(),
        position: 0,
        sorted,
    };
    let value = reader.value()?;
    (reader.position == reader.characters.len()).then_some(value)
}

struct Reader {
    characters: Vec<char>,
    position: usize,
    sorted: bool,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn skip(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
    }

    fn take(&mut self, text: &str) -> bool {
        self.skip();
        let length = text.chars().count();
        let found = self
            .characters
            .get(self.position..self.position + length)
            .is_some_and(|found| found.iter().collect::<String>() == text);
        if found {
            self.position += length;
        }
        found
    }

    fn value(&mut self) -> Option<String> {
        self.skip();
        match self.peek()? {
            '\'' => self.string(),
            '[' if self.characters.get(self.position + 1) == Some(&':') => self.entity('[', ']'),
            '[' => self.list(),
            '{' => self.map(),
            '(' => self.entity('(', ')'),
            '<' => self.path(),
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Option<String> {
        let start = self.position;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '+'))
        {
            self.position += 1;
        }
        let text: String = self.characters.get(start..self.position)?.iter().collect();
        if text.is_empty() {
            return None;
        }
        if let Ok(integer) = text.parse::<i64>() {
            return Some(integer.to_string());
        }
        match text.as_str() {
            "null" | "true" | "false" | "NaN" => Some(text),
            "Inf" | "Infinity" => Some("Infinity".to_owned()),
            "-Inf" | "-Infinity" => Some("-Infinity".to_owned()),
            other => other.parse::<f64>().ok().map(float_text),
        }
    }

    fn string(&mut self) -> Option<String> {
        self.position += 1;
        let mut text = String::new();
        loop {
            let character = self.peek()?;
            self.position += 1;
            match character {
                '\'' => return Some(quoted(&text)),
                '\\' => {
                    text.push(match self.peek()? {
                        'n' => '\n',
                        't' => '\t',
                        other => other,
                    });
                    self.position += 1;
                }
                other => text.push(other),
            }
        }
    }

    fn list(&mut self) -> Option<String> {
        self.take("[");
        let mut items = Vec::new();
        while !self.take("]") {
            items.push(self.value()?);
            self.take(",");
        }
        if self.sorted {
            items.sort();
        }
        Some(list(&items))
    }

    fn map(&mut self) -> Option<String> {
        self.take("{");
        let mut found = Vec::new();
        while !self.take("}") {
            self.skip();
            let key = self.name()?;
            if !self.take(":") {
                return None;
            }
            found.push((key, self.value()?));
            self.take(",");
        }
        Some(entries(found))
    }

    fn name(&mut self) -> Option<String> {
        let start = self.position;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.position += 1;
        }
        let name: String = self.characters.get(start..self.position)?.iter().collect();
        (!name.is_empty()).then_some(name)
    }

    fn entity(&mut self, open: char, close: char) -> Option<String> {
        self.take(&open.to_string());
        let mut labels = Vec::new();
        while self.take(":") {
            labels.push(self.name()?);
        }
        self.skip();
        let properties = if self.peek() == Some('{') {
            self.map()?
        } else {
            "{}".to_owned()
        };
        self.take(&close.to_string())
            .then(|| entity(&labels, &properties, (open, close)))
    }

    fn path(&mut self) -> Option<String> {
        self.take("<");
        let mut text = self.entity('(', ')')?;
        while !self.take(">") {
            let backward = self.take("<-");
            if !backward && !self.take("-") {
                return None;
            }
            let relationship = self.entity('[', ']')?;
            let arrow = if backward { "-" } else { "->" };
            if !self.take(arrow) {
                return None;
            }
            let node = self.entity('(', ')')?;
            let start = if backward { "<-" } else { "-" };
            for part in [start, &relationship, arrow, &node] {
                text.push_str(part);
            }
        }
        Some(format!("<{text}>"))
    }
}

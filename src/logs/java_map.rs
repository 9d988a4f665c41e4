//! The text of a Java map, as a gateway logs its bodies: `{jsonrpc=2.0, id=26, result={content=[{type=text, text=…}], isError=true}}`.
//!
//! The format (`AbstractMap.toString`) quotes nothing, so a text that holds commas and brackets is ambiguous. A value ends where the
//! next name begins or its own map ends; brackets within a text count if they are balanced.

use serde_json::{Map, Value};

/// Maps and lists deeper than this are texts.
const MAX_DEPTH: usize = 64;

/// Parses the text of a map. A text that was cut off ends all that is open. `None` for anything else.
pub fn parse(text: &str) -> Option<Value> {
    let text = text.trim();
    let ways = [(true, false), (false, false), (true, true), (false, true)];
    ways.into_iter().find_map(|(is_balanced, may_be_cut)| {
        let mut parser = MapParser {
            rest: text,
            is_balanced,
            may_be_cut,
        };
        let map = parser.map(0)?;
        parser.rest.is_empty().then_some(map)
    })
}

/// Reads a text from its front.
#[derive(Clone, Copy)]
struct MapParser<'a> {
    rest: &'a str,
    /// Whether brackets within a text are taken to be balanced.
    is_balanced: bool,
    /// Whether the end of the text ends what is open.
    may_be_cut: bool,
}

impl MapParser<'_> {
    /// Reads a map with at least one member.
    fn map(&mut self, depth: usize) -> Option<Value> {
        self.rest = self.rest.strip_prefix('{')?;
        let mut members = Map::new();
        loop {
            let length = name_length(self.rest)?;
            let (name, rest) = self.rest.split_at(length);
            self.rest = rest.strip_prefix('=')?;
            members.insert(name.to_owned(), self.value('}', depth));
            if !self.next_item('}')? {
                return Some(Value::Object(members));
            }
        }
    }

    /// Reads a list.
    fn list(&mut self, depth: usize) -> Option<Value> {
        self.rest = self.rest.strip_prefix('[')?;
        if let Some(rest) = self.rest.strip_prefix(']') {
            self.rest = rest;
            return Some(Value::Array(Vec::new()));
        }
        let mut items = Vec::new();
        loop {
            items.push(self.value(']', depth));
            if !self.next_item(']')? {
                return Some(Value::Array(items));
            }
        }
    }

    /// Goes on to the next item; returns `false` behind the last one.
    fn next_item(&mut self, end: char) -> Option<bool> {
        if let Some(rest) = self.rest.strip_prefix(", ") {
            self.rest = rest;
            return Some(true);
        }
        if !(self.may_be_cut && self.rest.is_empty()) {
            self.rest = self.rest.strip_prefix(end)?;
        }
        Some(false)
    }

    /// Returns whether a value may end before `rest`.
    fn ends_value(self, rest: &str, end: char) -> bool {
        (self.may_be_cut && rest.is_empty()) || rest.starts_with(end) || begins_item(rest, end)
    }

    /// Reads a value of a map or a list that ends with `end`. What is neither a map nor a list as a whole is a text.
    fn value(&mut self, end: char, depth: usize) -> Value {
        if depth < MAX_DEPTH {
            let mut inner = *self;
            let nested = match self.rest.chars().next() {
                Some('{') => inner.map(depth + 1),
                Some('[') => inner.list(depth + 1),
                Some(_) | None => None,
            };
            if let Some(nested) = nested.filter(|_| self.ends_value(inner.rest, end)) {
                self.rest = inner.rest;
                return nested;
            }
        }
        let length = text_length(self.rest, end, self.is_balanced);
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        scalar(text)
    }
}

/// Returns the length of the name that a text begins with, if `=` follows.
fn name_length(text: &str) -> Option<usize> {
    let is_of_name =
        |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '$' | '/');
    let length = text.find(|letter| !is_of_name(letter))?;
    (length > 0 && text.get(length..)?.starts_with('=')).then_some(length)
}

/// Returns whether `rest` begins with what separates a value from the next one. In a map, a name must follow.
fn begins_item(rest: &str, end: char) -> bool {
    rest.strip_prefix(", ")
        .is_some_and(|next| end == ']' || name_length(next).is_some())
}

/// Returns the length of the text that a value is.
fn text_length(text: &str, end: char, is_balanced: bool) -> usize {
    let mut open = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' | '[' | '(' if is_balanced => open += 1,
            '}' | ']' | ')' if is_balanced && open > 0 => open -= 1,
            _ if open > 0 => {}
            _ if letter == end => return at,
            ',' if begins_item(text.get(at..).unwrap_or_default(), end) => return at,
            _ => {}
        }
    }
    text.len()
}

fn scalar(text: &str) -> Value {
    match text {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

/// Returns a number that is written as JSON would write it, so that nothing of the text is lost.
fn number(text: &str) -> Option<Value> {
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    (number.to_string() == text).then_some(Value::Number(number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_logged_answer_is_read_as_the_json_that_it_was() {
        let text = "{jsonrpc=2.0, id=26, result={content=[{type=text, text=Neo.ClientError.Statement.SyntaxError: Invalid input \
                    'MTCH': expected 'MATCH', 'MERGE' (line 1, column 1 (offset: 0))\n\"MTCH (n) RETURN {a: n}\"\n ^}], isError=true}}";
        let expected = json!({"jsonrpc": 2.0, "id": 26, "result": {"content": [{"type": "text", "text":
            "Neo.ClientError.Statement.SyntaxError: Invalid input 'MTCH': expected 'MATCH', 'MERGE' (line 1, column 1 (offset: 0))\n\"MTCH (n) RETURN {a: n}\"\n ^"}],
            "isError": true}});
        assert_eq!(parse(text), Some(expected));
    }

    #[test]
    fn values_keep_commas_brackets_and_json() {
        for (text, expected) in [
            ("{a=1, b=x, y, c=}", json!({"a": 1, "b": "x, y", "c": ""})),
            (
                "{a=[1, two, {b=null}], c={}}",
                json!({"a": [1, "two", {"b": null}], "c": "{}"}),
            ),
            ("{a=f(x, y=1), b=2}", json!({"a": "f(x, y=1)", "b": 2})),
            (
                "{a={\"x\": [1, 2]}, b=2}",
                json!({"a": "{\"x\": [1, 2]}", "b": 2}),
            ),
            ("{a={b=1}}", json!({"a": {"b": 1}})),
            ("{a={b=c}x, d=007}", json!({"a": "{b=c}x", "d": "007"})),
            (
                "{a=unbalanced ( and [, b=2}",
                json!({"a": "unbalanced ( and [", "b": 2}),
            ),
            ("{a={b=cut o", json!({"a": {"b": "cut o"}})),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_maps() {
        for text in [
            "",
            "{}",
            "{not json",
            "{\"a\":1}",
            "{a=1} and more",
            "a=1",
            "[a=1]",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn deep_and_long_texts_are_read_in_bounded_time() {
        let deep = "{a=".repeat(20_000);
        assert!(parse(&deep).is_some());
        let junk = format!("{}{}", "{a=".repeat(60), "}x".repeat(60));
        let _ = parse(&junk);
        assert!(parse(&format!("{{a={}}}", "[".repeat(20_000))).is_some());
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\{[a-c]=[\\[\\]{}(), a-c=]*") {
            let _ = parse(&text);
        }
    }
}

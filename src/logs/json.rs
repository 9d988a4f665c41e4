//! JSON of a log line, borrowed from the line as far as its texts have no escapes: a line is looked at once and then printed
//! or stored as it is, so that nothing of it needs to be copied.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

/// A JSON value. Elements of arrays are left out: no fact of a line stands in one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BorrowedJson<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// An array, without its elements.
    Array,
    /// The members of an object, in their order.
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> BorrowedJson<'a> {
    /// Parses a text that is an object; `None` for anything else.
    pub(crate) fn parse_object(text: &'a str) -> Option<Self> {
        let text = text.trim_start();
        if !text.starts_with('{') {
            return None;
        }
        serde_json::from_str(text).ok()
    }

    /// Returns the members of an object.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(members) => members,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Array => &[],
        }
    }

    /// Returns the member of this name; the last one if there are several.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let member = self.members().iter().rev().find(|(known, _)| known == name);
        member.map(|(_, value)| value)
    }

    /// Returns the member at the end of a path of names.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    /// Returns the text, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Array | Self::Object(_) => None,
        }
    }

    /// Returns the truth value, if it is one.
    pub(crate) const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Null | Self::Number(_) | Self::Text(_) | Self::Array | Self::Object(_) => None,
        }
    }

    /// Returns the number, if it is a whole one.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// Returns the number, if it is a whole one that is not negative.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        self.as_number().and_then(Number::as_u64)
    }

    const fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::Array | Self::Object(_) => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for BorrowedJson<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = BorrowedJson<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(value).map_or(BorrowedJson::Null, BorrowedJson::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(BorrowedJson::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(BorrowedJson::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::with_capacity(8);
        while let Some(JsonName(name)) = members.next_key()? {
            all.push((name, members.next_value()?));
        }
        Ok(BorrowedJson::Object(all))
    }
}

/// The name of a member, borrowed if it has no escapes.
struct JsonName<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for JsonName<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = JsonName<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(JsonName(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(JsonName(Cow::Owned(value.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_escapes_are_borrowed_and_others_are_right() {
        let text = r#" {"a":"plain","b\u0041":"a \"word\"","n":[1,[2,{"x":3}]],"o":{"p":{"q":7}},"a":true}"#;
        let json = BorrowedJson::parse_object(text).unwrap();
        let members = json.members();
        assert!(matches!(
            &members[0].1,
            BorrowedJson::Text(Cow::Borrowed("plain"))
        ));
        assert_eq!(
            json.get("bA").and_then(BorrowedJson::as_str),
            Some("a \"word\"")
        );
        assert_eq!(json.get("n"), Some(&BorrowedJson::Array));
        assert_eq!(
            json.at(&["o", "p", "q"]).and_then(BorrowedJson::as_i64),
            Some(7)
        );
        assert_eq!(
            json.get("a").and_then(BorrowedJson::as_bool),
            Some(true),
            "the last one"
        );
    }

    #[test]
    fn what_is_no_object_is_none() {
        for text in ["", "text", "[1]", "{", "{} x", "{\"a\":}", "{1:2}"] {
            assert_eq!(BorrowedJson::parse_object(text), None, "{text}");
        }
    }

    proptest::proptest! {
        /// The parts that are read are those that a whole parse reads.
        #[test]
        fn it_reads_what_a_whole_parse_reads(name in "\\PC{0,12}", text in "\\PC*", number: i64, float: f64) {
            let value = serde_json::json!({&name: &text, "n": number, "f": float, "deep": {"text": &text}});
            let line = serde_json::to_string(&value).unwrap();
            let json = BorrowedJson::parse_object(&line).unwrap();
            if !["n", "f", "deep"].contains(&name.as_str()) {
                proptest::prop_assert_eq!(json.get(&name).and_then(BorrowedJson::as_str), Some(text.as_str()));
            }
            proptest::prop_assert_eq!(json.at(&["deep", "text"]).and_then(BorrowedJson::as_str), Some(text.as_str()));
            proptest::prop_assert_eq!(json.get("n").and_then(BorrowedJson::as_i64), value["n"].as_i64());
        }
    }
}

//! CBOR (RFC 8949) as Smithy's rpc-v2 protocol uses it, converted from and to JSON values.
//!
//! Time stamps are tag 1 over seconds. They are written from objects of the form `{"$time": seconds}` and read as plain
//! numbers.

use ciborium::Value as Cbor;
use serde_json::{Number, Value};

/// The name of the only member of an object that is written as a time stamp.
pub(crate) const TIME: &str = "$time";
/// Maximum nesting depth of a request body.
const MAX_DEPTH: usize = 32;

/// Encodes a JSON value.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing into a vector fails for no value that `to_cbor` builds.
    let _ = ciborium::into_writer(&to_cbor(value), &mut bytes);
    bytes
}

/// Decodes a value. Returns `None` if the bytes are not exactly one CBOR item that JSON can represent.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Value> {
    let value = ciborium::de::from_reader_with_recursion_limit(&mut bytes, MAX_DEPTH).ok()?;
    bytes.is_empty().then(|| from_cbor(value)).flatten()
}

fn to_cbor(value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) => to_cbor_number(number),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(entries) => Cbor::Array(entries.iter().map(to_cbor).collect()),
        Value::Object(members) => match (members.len(), members.get(TIME)) {
            (1, Some(seconds)) => Cbor::Tag(1, Box::new(to_cbor(seconds))),
            _ => Cbor::Map(
                members
                    .iter()
                    .map(|(name, member)| (Cbor::Text(name.clone()), to_cbor(member)))
                    .collect(),
            ),
        },
    }
}

fn to_cbor_number(number: &Number) -> Cbor {
    if let Some(unsigned) = number.as_u64() {
        Cbor::Integer(unsigned.into())
    } else if let Some(signed) = number.as_i64() {
        Cbor::Integer(signed.into())
    } else {
        Cbor::Float(number.as_f64().unwrap_or(f64::NAN))
    }
}

fn from_cbor(value: Cbor) -> Option<Value> {
    match value {
        Cbor::Null => Some(Value::Null),
        Cbor::Bool(value) => Some(value.into()),
        Cbor::Integer(number) => u64::try_from(number)
            .map(Value::from)
            .or_else(|_| i64::try_from(number).map(Value::from))
            .ok(),
        Cbor::Float(number) => Number::from_f64(number).map(Value::Number),
        Cbor::Text(text) => Some(text.into()),
        Cbor::Bytes(bytes) => Some(String::from_utf8(bytes).ok()?.into()),
        Cbor::Tag(_, inner) => from_cbor(*inner),
        Cbor::Array(entries) => entries.into_iter().map(from_cbor).collect(),
        Cbor::Map(members) => members
            .into_iter()
            .map(|(name, member)| Some((name.into_text().ok()?, from_cbor(member)?)))
            .collect::<Option<serde_json::Map<_, _>>>()
            .map(Value::Object),
        // The enum of the crate is open for kinds of later versions.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decode_returns_what_encode_wrote() {
        let value = json!({"a": [1, -2, 300, 70000, 5_000_000_000_u64, 1.5, true, null], "text": "grüß", "deep": {"x": {}}});
        assert_eq!(decode(&encode(&value)), Some(value));
    }

    #[test]
    fn indefinite_lengths_and_tags_are_read() {
        // {_ "a": [_ 1, tag1(2)]}
        let bytes = [0xbf, 0x61, b'a', 0x9f, 0x01, 0xc1, 0x02, 0xff, 0xff];
        assert_eq!(decode(&bytes), Some(json!({"a": [1, 2]})));
    }

    #[test]
    fn truncated_trailing_and_too_deep_input_is_refused() {
        assert_eq!(decode(&[0x81]), None);
        assert_eq!(decode(&[0x01, 0x01]), None);
        assert_eq!(decode(&[0x81; 10_000]), None);
    }

    #[test]
    fn times_are_written_as_tag_1() {
        assert_eq!(encode(&json!({ TIME: 7 })), [0xc1, 0x07]);
    }
}

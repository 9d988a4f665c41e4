//! CBOR (RFC 8949) as Smithy's rpc-v2 uses it: both directions between bytes and JSON values.
//! Time stamps are tag 1 over seconds; here they are the objects `{"$time": seconds}` on the way out and plain numbers on the way in.

use serde_json::{Map, Number, Value};

/// Marks a number that is to be written as a time stamp.
pub(crate) const TIME: &str = "$time";
/// Deeper nesting is refused.
const DEEPEST: usize = 32;

/// Writes a value.
pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    bytes
}

/// Reads a value; none if the bytes are no CBOR that JSON can hold.
pub(crate) fn decode(bytes: &[u8]) -> Option<Value> {
    Reader { bytes }.value(0)
}

fn write(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(false) => bytes.push(0xf4),
        Value::Bool(true) => bytes.push(0xf5),
        Value::Number(number) => write_number(number, bytes),
        Value::String(text) => {
            write_head(3, text.len() as u64, bytes);
            bytes.extend(text.as_bytes());
        }
        Value::Array(entries) => {
            write_head(4, entries.len() as u64, bytes);
            for entry in entries {
                write(entry, bytes);
            }
        }
        Value::Object(members) => {
            if let (1, Some(seconds)) = (members.len(), members.get(TIME)) {
                write_head(6, 1, bytes);
                return write(seconds, bytes);
            }
            write_head(5, members.len() as u64, bytes);
            for (name, member) in members {
                write_head(3, name.len() as u64, bytes);
                bytes.extend(name.as_bytes());
                write(member, bytes);
            }
        }
    }
}

fn write_number(number: &Number, bytes: &mut Vec<u8>) {
    if let Some(positive) = number.as_u64() {
        write_head(0, positive, bytes);
    } else if let Some(negative) = number.as_i64() {
        write_head(1, (-1 - negative) as u64, bytes);
    } else {
        bytes.push(0xfb);
        bytes.extend(number.as_f64().unwrap_or(f64::NAN).to_be_bytes());
    }
}

fn write_head(major: u8, argument: u64, bytes: &mut Vec<u8>) {
    let major = major << 5;
    match argument {
        0..=23 => bytes.push(major | argument as u8),
        24..=0xff => bytes.extend([major | 0x18, argument as u8]),
        0x100..=0xffff => {
            bytes.push(major | 0x19);
            bytes.extend((argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            bytes.push(major | 0x1a);
            bytes.extend((argument as u32).to_be_bytes());
        }
        _ => {
            bytes.push(major | 0x1b);
            bytes.extend(argument.to_be_bytes());
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self, count: usize) -> Option<u64> {
        Some(
            self.take(count)?
                .iter()
                .fold(0, |number, byte| (number << 8) | u64::from(*byte)),
        )
    }

    /// The head: major type, its short form, and its argument (none for an indefinite length).
    fn head(&mut self) -> Option<(u8, u8, Option<u64>)> {
        let first = *self.take(1)?.first()?;
        let short = first & 0x1f;
        let argument = match short {
            0..=23 => Some(u64::from(short)),
            24 => Some(self.number(1)?),
            25 => Some(self.number(2)?),
            26 => Some(self.number(4)?),
            27 => Some(self.number(8)?),
            31 => None,
            _ => return None,
        };
        Some((first >> 5, short, argument))
    }

    fn at_break(&mut self) -> bool {
        let at = self.bytes.first() == Some(&0xff);
        if at {
            self.bytes = self.bytes.get(1..).unwrap_or_default();
        }
        at
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let (major, short, argument) = self.head()?;
        match (major, argument) {
            (0, Some(number)) => Some(number.into()),
            (1, Some(number)) => Some((-1 - i64::try_from(number).ok()?).into()),
            (2 | 3, Some(length)) => {
                let bytes = self.take(usize::try_from(length).ok()?)?;
                Some(String::from_utf8(bytes.to_vec()).ok()?.into())
            }
            (4, length) => self.array(length, depth),
            (5, length) => self.map(length, depth),
            (6, Some(_)) => self.value(depth + 1),
            (7, Some(argument)) => simple(short, argument),
            _ => None,
        }
    }

    fn array(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        let mut entries = Vec::new();
        while length.map_or_else(
            || !self.at_break(),
            |length| (entries.len() as u64) < length,
        ) {
            entries.push(self.value(depth + 1)?);
        }
        Some(Value::Array(entries))
    }

    fn map(&mut self, length: Option<u64>, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        let mut count = 0;
        while length.map_or_else(|| !self.at_break(), |length| count < length) {
            let Value::String(name) = self.value(depth + 1)? else {
                return None;
            };
            members.insert(name, self.value(depth + 1)?);
            count += 1;
        }
        Some(Value::Object(members))
    }
}

fn simple(short: u8, argument: u64) -> Option<Value> {
    let float = |number: f64| Number::from_f64(number).map(Value::Number);
    match short {
        20 => Some(false.into()),
        21 => Some(true.into()),
        22 | 23 => Some(Value::Null),
        26 => float(f64::from(f32::from_bits(argument as u32))),
        27 => float(f64::from_bits(argument)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_it_writes() {
        let value = json!({"a": [1, -2, 300, 70000, 5_000_000_000_u64, 1.5, true, null], "text": "grüß", "deep": {"x": {}}});
        assert_eq!(decode(&encode(&value)), Some(value));
    }

    #[test]
    fn reads_indefinite_lengths_and_tags() {
        // {_ "a": [_ 1, tag1(2)]}
        let bytes = [0xbf, 0x61, b'a', 0x9f, 0x01, 0xc1, 0x02, 0xff, 0xff];
        assert_eq!(decode(&bytes), Some(json!({"a": [1, 2]})));
        assert_eq!(decode(&[0x81]), None, "cut short");
        assert_eq!(encode(&json!({ TIME: 7 })), [0xc1, 0x07]);
    }
}

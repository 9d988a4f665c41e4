//! Addresses with places to fill (RFC 6570, the simple forms): `schema://{label}`, `file:///{+path}`, `x://list{?page,size}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// What stays as it is: the unreserved characters,
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// and in a reserved place the reserved ones too.
const RESERVED: &AsciiSet = &UNRESERVED
    .remove(b'/')
    .remove(b':')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// Names of the places, each once, in their order.
pub fn names(template: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, place) in parts(template) {
        for name in place.map(|place| variables(place).1).into_iter().flatten() {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Returns the address with its places filled.
///
/// # Errors
/// A sentence: a place has an operator that is not known here.
pub fn fill(template: &str, given: &Map<String, Value>) -> Result<String, String> {
    let mut filled = String::new();
    for (text, place) in parts(template) {
        filled.push_str(text);
        let Some(place) = place else { continue };
        let (operator, names) = variables(place);
        let values = names
            .iter()
            .filter_map(|name| Some((*name, plain(given.get(*name)?))));
        let encoded = |text: &str, set| utf8_percent_encode(text, set).to_string();
        match operator {
            None => {
                filled += &values
                    .map(|(_, value)| encoded(&value, UNRESERVED))
                    .collect::<Vec<_>>()
                    .join(",");
            }
            Some('+') => {
                filled += &values
                    .map(|(_, value)| encoded(&value, RESERVED))
                    .collect::<Vec<_>>()
                    .join(",");
            }
            Some('/') => {
                filled.extend(values.map(|(_, value)| format!("/{}", encoded(&value, UNRESERVED))));
            }
            Some(mark @ ('?' | '&')) => {
                for (at, (name, value)) in values.enumerate() {
                    let mark = if at == 0 { mark } else { '&' };
                    filled.push(mark);
                    filled.push_str(&[name, &encoded(&value, UNRESERVED)].join("="));
                }
            }
            Some(other) => {
                return Err(format!(
                    "{template} has a place with {other}, which this program cannot fill"
                ));
            }
        }
    }
    Ok(filled)
}

/// Text, each piece with the place behind it; the last has none.
fn parts(template: &str) -> Vec<(&str, Option<&str>)> {
    let (mut parts, mut rest) = (Vec::new(), template);
    while let Some((text, (place, after))) = rest
        .split_once('{')
        .and_then(|(text, rest)| Some((text, rest.split_once('}')?)))
    {
        parts.push((text, Some(place)));
        rest = after;
    }
    parts.push((rest, None));
    parts
}

/// Returns the operator of a place and the names in it.
fn variables(place: &str) -> (Option<char>, Vec<&str>) {
    let operator = place
        .chars()
        .next()
        .filter(|first| "+#./;?&".contains(*first));
    let names = place
        .get(operator.map_or(0, char::len_utf8)..)
        .unwrap_or_default();
    (
        operator,
        names
            .split(',')
            .map(|name| name.trim_end_matches('*'))
            .filter(|name| !name.is_empty())
            .collect(),
    )
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_named_and_filled() {
        let given = json!({"label": "A b/c", "path": "x/y z", "page": 2});
        let given = given.as_object().unwrap();
        for (template, places, filled) in [
            (
                "neo4j://schema/{label}",
                vec!["label"],
                "neo4j://schema/A%20b%2Fc",
            ),
            ("file:///{+path}", vec!["path"], "file:///x/y%20z"),
            (
                "x://list{?page,size}",
                vec!["page", "size"],
                "x://list?page=2",
            ),
            ("x:/{/label}", vec!["label"], "x://A%20b%2Fc"),
            ("plain", vec![], "plain"),
            ("half{open", vec![], "half{open"),
        ] {
            assert_eq!(
                (names(template), fill(template, given)),
                (
                    places.into_iter().map(str::to_owned).collect(),
                    Ok(filled.to_owned())
                )
            );
        }
        assert!(fill("x{#label}", given).is_err());
    }
}

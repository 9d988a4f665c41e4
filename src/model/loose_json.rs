//! JSON as servers write it: Python's `json` module writes `NaN` and `Infinity`, which JSON does not have.

use serde_json::Value;

/// Parses JSON, and reads the bare words `NaN`, `Infinity` and `-Infinity` as strings.
///
/// # Errors
///
/// Returns the error of the text as it came if it is not JSON even then.
pub fn loose_json(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        with_quoted_numbers(text)
            .and_then(|quoted| serde_json::from_str(&quoted).ok())
            .ok_or(error)
    })
}

/// Returns the text with `NaN`, `Infinity` and `-Infinity` as strings, or `None` if it has none.
fn with_quoted_numbers(text: &str) -> Option<String> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return None;
    }
    let (mut quoted, mut rest, mut in_string, mut escaped) =
        (String::with_capacity(text.len() + 64), text, false, false);
    while let Some(letter) = rest.chars().next() {
        if !in_string
            && let Some(word) = ["NaN", "-Infinity", "Infinity"]
                .into_iter()
                .find(|word| rest.starts_with(word))
        {
            quoted.push('"');
            quoted.push_str(word);
            quoted.push('"');
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
        quoted.push(letter);
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    Some(quoted)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_of_python_become_strings_and_words_in_strings_stay() {
        let read = loose_json(r#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \"Infinity"}"#);
        let expected = json!({"a": "NaN", "b": ["-Infinity", "Infinity"], "c": "NaN \"Infinity"});
        assert_eq!(read.unwrap(), expected);
        assert!(loose_json("{\"a\": Nope}").is_err());
        assert!(loose_json("NaN, and more").is_err());
    }
}

//! Random passwords: GetRandomPassword, and what the rotation function draws.

use serde_json::{Value, json};

use super::handlers::{parameter, text};
use crate::operation::{ApiError, OperationReply, OperationResult};
use crate::pagination;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// GetRandomPassword.
pub(super) fn answer(input: &Value) -> OperationResult {
    let length = match input.get("PasswordLength") {
        None => 32,
        given => pagination::number(given)
            .and_then(|length| usize::try_from(length).ok())
            .filter(|length| (1..=4096).contains(length))
            .ok_or_else(|| parameter("PasswordLength must be between 1 and 4096."))?,
    };
    let flag = |name: &str| input.get(name).and_then(Value::as_bool);
    let excluded = text(input, "ExcludeCharacters").unwrap_or_default();
    let wanted = [
        (LOWER, !flag("ExcludeLowercase").unwrap_or(false)),
        (UPPER, !flag("ExcludeUppercase").unwrap_or(false)),
        (DIGITS, !flag("ExcludeNumbers").unwrap_or(false)),
        (PUNCTUATION, !flag("ExcludePunctuation").unwrap_or(false)),
        (" ", flag("IncludeSpace").unwrap_or(false)),
    ];
    let types: Vec<Vec<char>> = wanted
        .iter()
        .filter(|(_, included)| *included)
        .map(|(letters, _)| {
            letters
                .chars()
                .filter(|letter| !excluded.contains(*letter))
                .collect()
        })
        .collect();
    let each = flag("RequireEachIncludedType").unwrap_or(true);
    if each && (types.len() > length || types.iter().any(Vec::is_empty)) {
        return Err(parameter(
            "The password cannot have a character of each included type.",
        ));
    }
    let password = draw(length, &types, each)
        .ok_or_else(|| parameter("No character is left to draw from."))?;
    Ok(OperationReply::Json(json!({"RandomPassword": password})))
}

/// Returns a password as the rotation templates draw it: 32 characters, without those that trouble connection strings.
pub(super) fn fresh() -> Result<String, ApiError> {
    let types: Vec<Vec<char>> = [LOWER, UPPER, DIGITS, "!#$%&()*+,-.:;<=>?[]^_{|}~"]
        .map(|letters| letters.chars().collect())
        .into();
    draw(32, &types, true).ok_or_else(|| ApiError::bad("InternalServiceError", "no random numbers"))
}

fn draw(length: usize, types: &[Vec<char>], each: bool) -> Option<String> {
    let all: Vec<char> = types.concat();
    let mut letters: Vec<char> = Vec::with_capacity(length);
    if each {
        for letters_of_type in types {
            letters.push(pick(letters_of_type)?);
        }
    }
    while letters.len() < length {
        letters.push(pick(&all)?);
    }
    for last in (1..letters.len()).rev() {
        letters.swap(last, below(last + 1)?);
    }
    Some(letters.into_iter().collect())
}

fn pick(letters: &[char]) -> Option<char> {
    letters.get(below(letters.len())?).copied()
}

/// Returns a uniform number below `bound`, from the system's random numbers.
fn below(bound: usize) -> Option<usize> {
    let bound = u64::try_from(bound).ok().filter(|bound| *bound > 0)?;
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).ok()?;
        let number = u64::from_be_bytes(bytes);
        if number < limit {
            return usize::try_from(number % bound).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(input: &Value) -> String {
        match answer(input).unwrap() {
            OperationReply::Json(value) => value["RandomPassword"].as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn has_the_letters_asked_for() {
        let plain = password(&json!({}));
        assert_eq!(plain.chars().count(), 32);
        let digits = password(
            &json!({"PasswordLength": 4, "ExcludePunctuation": true, "ExcludeLowercase": true, "ExcludeUppercase": true, "ExcludeCharacters": "02468"}),
        );
        assert!(
            digits.chars().all(|letter| "13579".contains(letter)),
            "{digits}"
        );
        assert!(
            answer(&json!({"PasswordLength": 3})).is_err(),
            "four types do not fit into three characters"
        );
        assert_ne!(password(&json!({})), plain);
    }
}

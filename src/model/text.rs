//! Text helpers: plurals and thousands separators.

/// Returns a count with its noun, such as `1 version` or `2 versions`. The plural is formed with an
/// s.
pub fn pluralize(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Formats a number with thousands separators, such as `1,204`.
pub fn with_separators(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!(
            [0, 1, 2].map(|count| pluralize(count, "row")),
            ["0 rows", "1 row", "2 rows"]
        );
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 999, 1_204, 1_234_567].map(with_separators),
            ["0", "999", "1,204", "1,234,567"]
        );
    }
}

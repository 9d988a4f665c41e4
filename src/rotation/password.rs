//! A new password from random bytes: no bias, every class of characters present, safe wherever passwords travel.
//!
//! Pure: the bytes come in as data (from the operating system, see `services::rotation`).

use std::fmt;

use zeroize::Zeroizing;

/// Letters, digits and marks that mean nothing to URIs, shells, `Authorization: Basic`, JSON and Cypher.
pub const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
/// Characters.
pub const LENGTH: usize = 32;
/// Marks that are safe where letters and digits are.
const SAFE_MARKS: &str = "-_.~";
/// Neo4j's own minimum is 8 and can be set; below this no password is drawn.
const SHORTEST: usize = 12;
const LONGEST: usize = 512;
const FEWEST_CHARACTERS: usize = 10;

/// Where a new password comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordSource {
    /// The operating system's random source, here.
    #[default]
    System,
    /// GetRandomPassword of Secrets Manager.
    SecretsManager,
}

/// What passwords shall look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    length: usize,
    alphabet: Vec<u8>,
}

/// Why no password can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordPolicyError {
    /// Shorter than 12 or longer than 512.
    Length(usize),
    /// Fewer than ten different characters.
    TooFew(usize),
    /// These would have to be quoted somewhere.
    Unsafe(String),
    /// The bytes ran out; draw more.
    MoreBytes,
}

impl fmt::Display for PasswordPolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => {
                write!(
                    formatter,
                    "a password of length {length}: between {SHORTEST} and {LONGEST} characters are allowed"
                )
            }
            Self::TooFew(count) => {
                write!(
                    formatter,
                    "an alphabet of {count} different characters: at least {FEWEST_CHARACTERS} are needed"
                )
            }
            Self::Unsafe(characters) => {
                write!(
                    formatter,
                    "the alphabet has {characters:?}: only letters, digits and {SAFE_MARKS} need no quoting anywhere"
                )
            }
            Self::MoreBytes => formatter.write_str("more random bytes are needed"),
        }
    }
}

impl std::error::Error for PasswordPolicyError {}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            length: LENGTH,
            alphabet: distinct(ALPHABET),
        }
    }
}

impl PasswordPolicy {
    /// Checks a length and an alphabet from the configuration.
    pub fn new(length: usize, alphabet: &str) -> Result<Self, PasswordPolicyError> {
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(PasswordPolicyError::Length(length));
        }
        let unsafe_ones: String = alphabet
            .chars()
            .filter(|character| {
                !character.is_ascii_alphanumeric() && !SAFE_MARKS.contains(*character)
            })
            .collect();
        if !unsafe_ones.is_empty() {
            return Err(PasswordPolicyError::Unsafe(unsafe_ones));
        }
        let alphabet = distinct(alphabet);
        if alphabet.len() < FEWEST_CHARACTERS {
            return Err(PasswordPolicyError::TooFew(alphabet.len()));
        }
        Ok(Self { length, alphabet })
    }

    /// Characters of a password.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Returns how many random bytes are enough for nearly every drawing.
    pub fn bytes_needed(&self) -> usize {
        self.length * 16 + 256
    }

    /// Draws a password. Bytes that would favour some characters are thrown away, and so is a password that lacks a class which the
    /// alphabet has, or begins with a mark (which a shell may take for an option).
    pub fn draw(&self, random: &[u8]) -> Result<Zeroizing<String>, PasswordPolicyError> {
        let size = self.alphabet.len();
        let fair = 256 - 256 % size;
        let mut fair_bytes = random
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < fair);
        loop {
            let mut password = Zeroizing::new(String::with_capacity(self.length));
            while password.len() < self.length {
                let byte = fair_bytes.next().ok_or(PasswordPolicyError::MoreBytes)?;
                let character = self
                    .alphabet
                    .get(byte % size)
                    .ok_or(PasswordPolicyError::MoreBytes)?;
                password.push(char::from(*character));
            }
            if self.is_complete(&password) {
                return Ok(password);
            }
        }
    }

    /// Is this a password as it shall look like? For one that was drawn elsewhere.
    pub fn accepts(&self, password: &str) -> bool {
        password.len() == self.length
            && password.bytes().all(|byte| self.alphabet.contains(&byte))
            && self.is_complete(password)
    }

    /// Returns the printable characters that are not in the alphabet: what another random source has to leave out.
    pub fn excluded(&self) -> String {
        ('!'..='~')
            .filter(|character| {
                u8::try_from(*character).is_ok_and(|byte| !self.alphabet.contains(&byte))
            })
            .collect()
    }

    fn is_complete(&self, password: &str) -> bool {
        let classes: [fn(&u8) -> bool; 4] = [
            u8::is_ascii_uppercase,
            u8::is_ascii_lowercase,
            u8::is_ascii_digit,
            |byte| !byte.is_ascii_alphanumeric(),
        ];
        let begins_well = password
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
            || !self.alphabet.iter().any(u8::is_ascii_alphanumeric);
        begins_well
            && classes.iter().all(|class| {
                !self.alphabet.iter().any(class) || password.as_bytes().iter().any(class)
            })
    }
}

fn distinct(alphabet: &str) -> Vec<u8> {
    let mut characters = alphabet.as_bytes().to_vec();
    characters.sort_unstable();
    characters.dedup();
    characters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_another_source_must_look_like_one_of_ours() {
        let policy = PasswordPolicy::new(12, "ABCDEFGHabcdefgh0123").unwrap();
        assert!(policy.accepts("Aa0BbCcDdEe1"));
        for wrong in [
            "Aa0BbCcDdEe",
            "Aa0BbCcDdEe12",
            "Aa0BbCcDdEeZ",
            "aa0bbccddee1",
            "AaaBbCcDdEee",
            "Aa0BbCcDdEé",
        ] {
            assert!(!policy.accepts(wrong), "{wrong}");
        }
        let excluded = policy.excluded();
        assert!(
            excluded.contains('"')
                && excluded.contains('Z')
                && !excluded.contains('A')
                && !excluded.contains(' ')
        );
        assert_eq!(excluded.len() + 20, 94);
    }

    /// Returns a stream of bytes that is different for each seed.
    fn bytes(seed: u64, count: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            })
            .collect()
    }

    #[test]
    fn every_password_has_its_length_and_every_class() {
        let policy = PasswordPolicy::default();
        for seed in 0..500 {
            let password = policy.draw(&bytes(seed, policy.bytes_needed())).unwrap();
            assert_eq!(password.len(), LENGTH);
            assert!(
                password
                    .chars()
                    .all(|character| ALPHABET.contains(character))
            );
            assert!(password.chars().next().unwrap().is_ascii_alphanumeric());
            assert!(
                password
                    .chars()
                    .any(|character| character.is_ascii_uppercase())
            );
            assert!(
                password
                    .chars()
                    .any(|character| character.is_ascii_lowercase())
            );
            assert!(password.chars().any(|character| character.is_ascii_digit()));
            assert!(password.chars().any(|character| "-_.".contains(character)));
        }
    }

    #[test]
    fn no_character_is_favoured() {
        // All 256 byte values equally often: each character of an alphabet of 62 must come 4 times, and 8 bytes are thrown away.
        let policy = PasswordPolicy::new(248, &ALPHABET[..62]).unwrap();
        let every_byte: Vec<u8> = (0..=255).collect();
        let password = policy.draw(&every_byte).unwrap();
        for character in ALPHABET[..62].chars() {
            assert_eq!(
                password.chars().filter(|mark| *mark == character).count(),
                4,
                "{character}"
            );
        }
    }

    #[test]
    fn unfair_bytes_are_thrown_away() {
        let policy = PasswordPolicy::new(12, "abcdefghij").unwrap();
        assert_eq!(
            policy.draw(&[255; 400]),
            Err(PasswordPolicyError::MoreBytes)
        );
        assert_eq!(policy.draw(&[249; 12]).unwrap().as_str(), "jjjjjjjjjjjj");
    }

    #[test]
    fn a_password_without_a_class_is_drawn_again() {
        let policy = PasswordPolicy::new(12, "abcdefghi0").unwrap();
        // The first twelve bytes lack a digit: index 0 of the sorted alphabet is the digit.
        let mut random = vec![1; 12];
        random.extend([1, 0].repeat(6));
        assert_eq!(policy.draw(&random).unwrap().as_str(), "a0a0a0a0a0a0");
        assert_eq!(
            policy.draw(&random[..12]),
            Err(PasswordPolicyError::MoreBytes)
        );
    }

    #[test]
    fn what_cannot_be_safe_is_refused_with_its_reason() {
        assert_eq!(
            PasswordPolicy::new(8, ALPHABET),
            Err(PasswordPolicyError::Length(8))
        );
        assert_eq!(
            PasswordPolicy::new(32, "aabbcc"),
            Err(PasswordPolicyError::TooFew(3))
        );
        assert_eq!(
            PasswordPolicy::new(32, "abcdefghijk$'é"),
            Err(PasswordPolicyError::Unsafe("$'é".into()))
        );
    }
}

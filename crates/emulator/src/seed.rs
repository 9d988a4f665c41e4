//! Everything in the world that looks random, drawn from the seed: identifiers, secrets, request ids. The same seed and
//! the same label give the same answer in every process.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The source of names and numbers of one world.
#[derive(Debug)]
pub(crate) struct Seed {
    seed: u64,
    drawn: AtomicU64,
}

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }

    /// Lower-case letters and digits, as in gateway ids.
    pub(crate) fn lower(&self, label: &str, length: usize) -> String {
        self.text(label, length, LOWER)
    }

    /// Letters of both cases and digits, as in runtime ids.
    pub(crate) fn mixed(&self, label: &str, length: usize) -> String {
        self.text(label, length, MIXED)
    }

    /// Upper-case letters and digits, as in access keys.
    pub(crate) fn upper(&self, label: &str, length: usize) -> String {
        self.text(label, length, UPPER)
    }

    /// Returns a version 4 UUID that belongs to the label.
    pub(crate) fn uuid(&self, label: &str) -> String {
        let block = self.block(label, 0);
        let mut bytes = [0_u8; 16];
        bytes
            .iter_mut()
            .zip(block)
            .for_each(|(to, from)| *to = from);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// Returns a number that belongs to the label.
    pub(crate) fn number(&self, label: &str) -> u64 {
        self.block(label, 0)
            .iter()
            .take(8)
            .fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// Returns the next UUID of the world's sequence: request ids and the like.
    pub(crate) fn next_uuid(&self) -> String {
        self.uuid(&format!(
            "drawn {}",
            self.drawn.fetch_add(1, Ordering::Relaxed)
        ))
    }

    fn text(&self, label: &str, length: usize, alphabet: &[u8]) -> String {
        (0_u32..)
            .flat_map(|counter| self.block(label, counter))
            .take(length)
            .filter_map(|byte| alphabet.get(usize::from(byte) % alphabet.len()))
            .map(|letter| char::from(*letter))
            .collect()
    }

    fn block(&self, label: &str, counter: u32) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(counter.to_be_bytes())
            .chain_update(label.as_bytes())
            .finalize()
            .into()
    }
}

/// A fast sequence of numbers (splitmix64) for what happens often.
#[derive(Clone, Debug)]
pub(crate) struct Sequence(u64);

impl Sequence {
    pub(crate) fn new(start: u64) -> Self {
        Self(start)
    }

    /// Returns the next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// Returns one of several.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len() as u64) as usize)
    }

    /// Returns a version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        let (high, low) = bytes.split_at_mut(8);
        high.copy_from_slice(&self.next().to_be_bytes());
        low.copy_from_slice(&self.next().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// That many hexadecimal digits, at most 32.
    pub(crate) fn hexadecimal(&mut self, digits: usize) -> String {
        let mut text = format!("{:016x}{:016x}", self.next(), self.next());
        text.truncate(digits);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_names() {
        let (one, two, other) = (Seed::new(7), Seed::new(7), Seed::new(8));
        assert_eq!(one.lower("gateway", 10), two.lower("gateway", 10));
        assert_ne!(one.lower("gateway", 10), other.lower("gateway", 10));
        assert_eq!(one.next_uuid(), two.next_uuid());
        assert_ne!(one.next_uuid(), one.next_uuid());
        assert_eq!(one.mixed("long", 100).len(), 100);
    }
}

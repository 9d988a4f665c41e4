//! Finds where values end in a line. Scans from left to right and remembers the last end for each kind of terminator, so
//! that a line of a hundred thousand openings without an end costs no more than another line of its length.

use std::collections::HashMap;

/// Number of backslashes before a quote that are told apart: five levels of escaping. A value that is escaped more deeply
/// extends to the end of its line.
const MAX_BACKSLASHES: usize = 31;

/// What ends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Terminator {
    /// This quote behind exactly this number of backslashes.
    Quote(u8, usize),
    /// The end of a header's bare value: the line end or the delimiter of the surrounding text.
    Header,
    /// The end of any other bare value: a blank or a delimiter.
    Bare,
    /// A closing square bracket.
    Bracket,
}

/// The ends of the values in one line.
pub(super) struct ValueEnds<'a> {
    text: &'a str,
    /// For each terminator, the offset from which it was looked for and the offset at which it was found.
    known: HashMap<Terminator, (usize, usize)>,
    /// Number of bytes examined so far.
    pub(super) steps: usize,
}

impl<'a> ValueEnds<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            known: HashMap::new(),
            steps: 0,
        }
    }

    /// Returns the quote that closes a value whose content begins at `from`: the next one behind exactly `backslashes` backslashes.
    pub(super) fn closing(&mut self, from: usize, quote: u8, backslashes: usize) -> usize {
        if backslashes > MAX_BACKSLASHES {
            return self.text.len();
        }
        self.next(Terminator::Quote(quote, backslashes), from)
    }

    /// Returns the end of a bare value.
    pub(super) fn bare(&mut self, from: usize, is_header: bool) -> usize {
        let terminator = if is_header {
            Terminator::Header
        } else {
            Terminator::Bare
        };
        self.next(terminator, from)
    }

    /// Returns the next closing square bracket.
    pub(super) fn bracket(&mut self, from: usize) -> usize {
        self.next(Terminator::Bracket, from)
    }

    fn next(&mut self, terminator: Terminator, from: usize) -> usize {
        if let Some((since, end)) = self.known.get(&terminator)
            && (*since..=*end).contains(&from)
        {
            return *end;
        }
        let end = match terminator {
            Terminator::Quote(quote, backslashes) => self.find_quote(from, quote, backslashes),
            Terminator::Header => self.find(from, ends_every_value),
            Terminator::Bare => self.find(from, |byte| {
                ends_every_value(byte) || matches!(byte, b' ' | b'\t' | b'&' | b')' | b';')
            }),
            Terminator::Bracket => self.find(from, |byte| byte == b']'),
        };
        self.known.insert(terminator, (from, end));
        end
    }

    fn find(&mut self, from: usize, is_end: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| is_end(*byte))
            .unwrap_or(rest.len());
        self.steps += length;
        from + length
    }

    fn find_quote(&mut self, from: usize, quote: u8, backslashes: usize) -> usize {
        let mut run = 0;
        for (at, byte) in self.text.bytes().enumerate().skip(from) {
            self.steps += 1;
            match byte {
                b'\\' => run += 1,
                byte if byte == quote && run == backslashes => return at - backslashes,
                _ => run = 0,
            }
        }
        self.text.len()
    }
}

const fn ends_every_value(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'\'' | b'}' | b']' | b',' | b'\n' | b'\r' | b'\\'
    )
}

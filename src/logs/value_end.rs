//! Where values end in a line: found from left to right, each stretch of the line looked at once for each way to end, so that a
//! line of a hundred thousand openings without an end costs no more than another line of its length.

use std::collections::HashMap;

/// Backslashes before a quote that are told apart: five levels of escaping. Beyond, a value goes to the end of its line.
const DEEPEST: usize = 31;

/// A way in which a value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// With this quote behind so many backslashes.
    Quoted(u8, usize),
    /// Where a header's bare value ends: with its line, or what it is written in.
    Header,
    /// Where any other bare value ends: with the next blank or delimiter too.
    Bare,
}

/// The ends in one line.
pub(super) struct Ends<'a> {
    text: &'a str,
    /// The last end of each way, and from where on it is the next one.
    known: HashMap<Way, (usize, usize)>,
    /// Bytes looked at so far.
    pub(super) steps: usize,
}

impl<'a> Ends<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            known: HashMap::new(),
            steps: 0,
        }
    }

    /// The quote that closes what began at `from`, right behind an opening quote: the next one behind exactly as many backslashes.
    pub(super) fn closing(&mut self, from: usize, quote: u8, slashes: usize) -> usize {
        if slashes > DEEPEST {
            return self.text.len();
        }
        self.next(Way::Quoted(quote, slashes), from)
    }

    /// Where a bare value ends.
    pub(super) fn bare(&mut self, from: usize, is_header: bool) -> usize {
        self.next(if is_header { Way::Header } else { Way::Bare }, from)
    }

    fn next(&mut self, way: Way, from: usize) -> usize {
        if let Some((since, end)) = self.known.get(&way)
            && (*since..=*end).contains(&from)
        {
            return *end;
        }
        let end = match way {
            Way::Quoted(quote, slashes) => self.find_quote(from, quote, slashes),
            Way::Header => self.find(from, ends_all),
            Way::Bare => self.find(from, |each| {
                ends_all(each) || matches!(each, b' ' | b'\t' | b'&' | b')' | b';')
            }),
        };
        self.known.insert(way, (from, end));
        end
    }

    fn find(&mut self, from: usize, ends: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|each| ends(*each))
            .unwrap_or(rest.len());
        self.steps += length;
        from + length
    }

    fn find_quote(&mut self, from: usize, quote: u8, slashes: usize) -> usize {
        let mut run = 0;
        for (at, byte) in self.text.bytes().enumerate().skip(from) {
            self.steps += 1;
            match byte {
                b'\\' => run += 1,
                each if each == quote && run == slashes => return at - slashes,
                _ => run = 0,
            }
        }
        self.text.len()
    }
}

const fn ends_all(each: u8) -> bool {
    matches!(
        each,
        b'"' | b'\'' | b'}' | b']' | b',' | b'\n' | b'\r' | b'\\'
    )
}

//! Lines in compressed form: the texts of a run of lines one after the other, then what belongs to each.
//!
//! Ids and messages stand in their line's text nearly always, so that they are kept as places in it. Times and levels stay
//! outside of the compressed bytes: positions, rates and levels are asked for far more often than texts.

use std::{collections::HashMap, sync::Arc};

use super::{Body, Entry};
use crate::{
    logs::{Level, Line},
    model::{LogNotice, Moment},
};

/// Log group and stream.
type LineSource = (Arc<str>, Arc<str>);

/// The groups and streams of all lines of a store, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct LineSources {
    list: Vec<LineSource>,
    numbers: HashMap<LineSource, u32>,
}

impl LineSources {
    fn number(&mut self, group: &Arc<str>, stream: &Arc<str>) -> u32 {
        let source = (Arc::clone(group), Arc::clone(stream));
        let list = &mut self.list;
        *self.numbers.entry(source).or_insert_with_key(|source| {
            list.push(source.clone());
            u32::try_from(list.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn get(&self, number: u32) -> LineSource {
        let known = usize::try_from(number)
            .ok()
            .and_then(|number| self.list.get(number));
        known
            .cloned()
            .unwrap_or_else(|| (Arc::from(""), Arc::from("")))
    }
}

/// What is kept of a line outside of the compressed bytes: its level, whether it came late, whether it is a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineMark(u8);

impl LineMark {
    const LATE: u8 = 0x40;
    const NOTICE: u8 = 0x80;

    /// Returns the mark of a line.
    pub(super) fn of(entry: &Entry) -> Self {
        match &entry.body {
            Body::Event { line, late, .. } => {
                let level = line.level.map_or(0, |level| level as u8 + 1);
                Self(level | if *late { Self::LATE } else { 0 })
            }
            Body::Notice(_) => Self(Self::NOTICE),
        }
    }

    /// Returns the level.
    pub(super) fn level(self) -> Option<Level> {
        let number = usize::from(self.0 & 0x0f).checked_sub(1)?;
        Level::ALL.get(number).copied()
    }

    /// Returns whether the line is a notice.
    pub(super) const fn is_notice(self) -> bool {
        self.0 & Self::NOTICE != 0
    }

    const fn is_late(self) -> bool {
        self.0 & Self::LATE != 0
    }
}

/// A compressed run of lines.
#[derive(Clone, Debug)]
pub(super) struct PackedLines {
    bytes: Arc<[u8]>,
    /// Length of the bytes before compression.
    raw_len: usize,
    /// Length of the texts among them.
    text_len: usize,
    first: Moment,
    /// Time of each line after the first, in milliseconds.
    times: Box<[u32]>,
    marks: Box<[LineMark]>,
    notices: Vec<(usize, LogNotice)>,
}

/// Longest time between the first and the last line of a run, in milliseconds.
pub(super) const MAX_SPAN_MS: i64 = u32::MAX as i64;

impl PackedLines {
    /// Compresses lines that are in the order of time and at most [`MAX_SPAN_MS`] apart.
    pub(super) fn new(entries: &[Entry], sources: &mut LineSources) -> Self {
        let first = entries.first().map(|entry| entry.at).unwrap_or_default();
        let (mut texts, mut lengths, mut details) = (Vec::new(), Vec::new(), Vec::new());
        let mut notices = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let before = texts.len();
            match &entry.body {
                Body::Event {
                    group,
                    stream,
                    text,
                    line,
                    ..
                } => {
                    texts.extend_from_slice(text.as_bytes());
                    put_number(&mut details, sources.number(group, stream));
                    for part in parts(line) {
                        put_part(&mut details, text, part);
                    }
                }
                Body::Notice(notice) => notices.push((index, notice.clone())),
            }
            put_number(&mut lengths, number_of(texts.len() - before));
            // The separator keeps a pattern from matching the end of one line with the beginning of the next.
            texts.push(b'\n');
        }
        let text_len = texts.len();
        texts.append(&mut lengths);
        texts.append(&mut details);
        let times = entries
            .iter()
            .map(|entry| u32::try_from(entry.at.since(first)).unwrap_or(u32::MAX));
        Self {
            bytes: lz4_flex::block::compress(&texts).into(),
            raw_len: texts.len(),
            text_len,
            first,
            times: times.collect(),
            marks: entries.iter().map(LineMark::of).collect(),
            notices,
        }
    }

    /// Number of lines.
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Time of a line.
    pub(super) fn time(&self, index: usize) -> Option<Moment> {
        let after = self.times.get(index)?;
        Some(self.first.plus(i64::from(*after)))
    }

    /// Mark of a line.
    pub(super) fn mark(&self, index: usize) -> Option<LineMark> {
        self.marks.get(index).copied()
    }

    /// Returns a notice and its time; `None` if the line is none.
    pub(super) fn notice(&self, index: usize) -> Option<(Moment, &LogNotice)> {
        let place = self
            .notices
            .binary_search_by_key(&index, |(index, _)| *index)
            .ok()?;
        let (_, notice) = self.notices.get(place)?;
        Some((self.time(index)?, notice))
    }

    /// Memory in use, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.bytes.len() + self.times.len() * 5 + self.notices.len() * size_of::<LogNotice>()
    }

    /// Decompresses the lines into a buffer. `None` if the bytes are damaged, which they are not in memory.
    pub(super) fn unpack<'a>(&'a self, buffer: &'a mut Vec<u8>) -> Option<UnpackedLines<'a>> {
        buffer.resize(self.raw_len, 0);
        lz4_flex::block::decompress_into(&self.bytes, buffer).ok()?;
        let (texts, rest) = buffer.split_at_checked(self.text_len)?;
        let mut rest = NumberReader(rest);
        let mut ends = Vec::with_capacity(self.len());
        let mut end = 0;
        for _ in 0..self.len() {
            let start = end;
            end += rest.next_len()?;
            ends.push((start, end));
            end += 1;
        }
        Some(UnpackedLines {
            lines: self,
            texts,
            places: ends,
            details: rest.0,
        })
    }
}

/// Decompressed lines.
pub(super) struct UnpackedLines<'a> {
    lines: &'a PackedLines,
    texts: &'a [u8],
    places: Vec<(usize, usize)>,
    details: &'a [u8],
}

impl UnpackedLines<'_> {
    /// Returns the texts of all lines, each with a line feed behind it.
    pub(super) const fn texts(&self) -> &[u8] {
        self.texts
    }

    /// Returns where in the texts a line begins and ends.
    pub(super) fn places(&self) -> &[(usize, usize)] {
        &self.places
    }

    /// Calls a function with each of the wanted lines, which must be in ascending order.
    pub(super) fn visit(
        &self,
        wanted: impl IntoIterator<Item = usize>,
        sources: &LineSources,
        mut visit: impl FnMut(usize, Entry),
    ) {
        let mut wanted = wanted.into_iter();
        let Some(mut next) = wanted.next() else {
            return;
        };
        let mut details = NumberReader(self.details);
        for (index, &(start, end)) in self.places.iter().enumerate() {
            let is_wanted = index == next;
            let is_notice = self.lines.mark(index).is_some_and(LineMark::is_notice);
            let entry = if is_notice {
                is_wanted.then(|| self.notice(index)).flatten()
            } else {
                let text = self.texts.get(start..end).unwrap_or_default();
                let read = details.line(text, is_wanted, sources);
                read.and_then(|read| self.event(index, text, read))
            };
            if is_wanted {
                if let Some(entry) = entry {
                    visit(index, entry);
                }
                match wanted.next() {
                    Some(index) => next = index,
                    None => return,
                }
            }
        }
    }

    fn notice(&self, index: usize) -> Option<Entry> {
        let (at, notice) = self.lines.notice(index)?;
        Some(Entry {
            at,
            body: Body::Notice(notice.clone()),
        })
    }

    fn event(&self, index: usize, text: &[u8], read: (LineSource, Line)) -> Option<Entry> {
        let ((group, stream), mut line) = read;
        let mark = self.lines.mark(index)?;
        line.level = mark.level();
        Some(Entry {
            at: self.lines.time(index)?,
            body: Body::Event {
                group,
                stream,
                text: String::from_utf8_lossy(text).into_owned(),
                line,
                late: mark.is_late(),
            },
        })
    }
}

/// Returns the parts of a line that are kept as places in its text.
fn parts(line: &Line) -> [Option<&str>; 5] {
    [
        line.message.as_deref(),
        line.trace_id.as_deref(),
        line.span_id.as_deref(),
        line.session_id.as_deref(),
        line.request_id.as_deref(),
    ]
}

/// No part.
const PART_NONE: u32 = 0;
/// A part that does not stand in the text, such as a message whose JSON has escapes: its length and its bytes follow.
const PART_INLINE: u32 = 1;
/// Added to the place of a part that stands in the text; its length follows.
const PART_PLACE: u32 = 2;

fn put_part(out: &mut Vec<u8>, text: &str, part: Option<&str>) {
    let Some(part) = part else {
        return put_number(out, PART_NONE);
    };
    if let Some(place) = text.find(part) {
        put_number(out, number_of(place).saturating_add(PART_PLACE));
        put_number(out, number_of(part.len()));
    } else {
        put_number(out, PART_INLINE);
        put_number(out, number_of(part.len()));
        out.extend_from_slice(part.as_bytes());
    }
}

fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Appends a number in groups of seven bits, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads numbers that [`put_number`] has written.
struct NumberReader<'a>(&'a [u8]);

impl<'a> NumberReader<'a> {
    fn next(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in (0..32).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u32::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn next_len(&mut self) -> Option<usize> {
        self.next().and_then(|number| usize::try_from(number).ok())
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Reads the next part of a line into `part`, if it is wanted; `None` at the end of the bytes.
    fn part(&mut self, text: &[u8], is_wanted: bool, part: &mut Option<String>) -> Option<()> {
        let bytes = match self.next()? {
            PART_NONE => return Some(()),
            PART_INLINE => {
                let length = self.next_len()?;
                self.bytes(length)?
            }
            place => {
                let length = self.next_len()?;
                let start = usize::try_from(place - PART_PLACE).ok()?;
                if !is_wanted {
                    return Some(());
                }
                text.get(start..start + length)?
            }
        };
        *part = is_wanted.then(|| String::from_utf8_lossy(bytes).into_owned());
        Some(())
    }

    /// Reads what belongs to a line; `None` for a line that is not wanted.
    fn line(
        &mut self,
        text: &[u8],
        is_wanted: bool,
        sources: &LineSources,
    ) -> Option<(LineSource, Line)> {
        let source = self.next()?;
        let mut line = Line::default();
        for part in [
            &mut line.message,
            &mut line.trace_id,
            &mut line.span_id,
            &mut line.session_id,
            &mut line.request_id,
        ] {
            self.part(text, is_wanted, part)?;
        }
        is_wanted.then(|| (sources.get(source), line))
    }
}

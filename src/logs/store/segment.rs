//! A run of lines in the order of time: the newest runs as they came, the older ones compressed.

use super::{
    Entry,
    packed::{LineMark, LineSources, MAX_SPAN_MS, PackedLines},
    scan::LineScan,
};
use crate::{logs::Level, model::Moment};

/// Bytes of text in a run. A few lines are taken apart at the price of decompressing one run.
const SEGMENT_BYTES: usize = 64 << 10;
/// Lines in a run.
const SEGMENT_LINES: usize = 1_024;
/// Memory that a line takes beside its text, in bytes, while it is not compressed.
const ENTRY_OVERHEAD: usize = 2 * size_of::<Entry>();

/// What fits into a run.
#[derive(Clone, Copy)]
struct SegmentSize {
    bytes: usize,
    lines: usize,
}

/// A run of lines.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    lines: SegmentLines,
    first: Moment,
    last: Moment,
    /// Bytes of text.
    text_bytes: usize,
    /// Number of notices.
    notices: usize,
    /// Lines of each level, the last for those without one.
    levels: [u32; Level::ALL.len() + 1],
    /// The lines that pass the filter; `None`: all of them.
    passing: Option<Vec<u16>>,
    /// The lines among those that hold what is searched for.
    hits: Vec<u16>,
}

#[derive(Clone, Debug)]
enum SegmentLines {
    Raw(Vec<Entry>),
    Packed(PackedLines),
}

impl Segment {
    /// Lines in the order of time as runs. A run may grow to twice the usual size before it is divided, so that a few late
    /// lines do not leave small runs behind.
    pub(super) fn runs(entries: Vec<Entry>) -> Vec<Self> {
        let bytes: usize = entries.iter().map(Entry::size).sum();
        let is_small = bytes <= 2 * SEGMENT_BYTES && entries.len() <= 2 * SEGMENT_LINES;
        let pieces = if is_small {
            1
        } else {
            (bytes / SEGMENT_BYTES).max(entries.len() / SEGMENT_LINES) + 1
        };
        let limit = SegmentSize {
            bytes: bytes / pieces + 1,
            lines: entries.len() / pieces + 1,
        };
        let mut runs: Vec<Self> = Vec::new();
        for entry in entries {
            match runs.last_mut() {
                Some(run) if run.has_room_within(&entry, limit) => run.push(entry),
                Some(_) | None => runs.push(Self::begin(entry)),
            }
        }
        runs
    }

    /// Returns a run of one line.
    pub(super) fn begin(entry: Entry) -> Self {
        let mut segment = Self {
            lines: SegmentLines::Raw(Vec::new()),
            first: entry.at,
            last: entry.at,
            text_bytes: 0,
            notices: 0,
            levels: [0; Level::ALL.len() + 1],
            passing: None,
            hits: Vec::new(),
        };
        segment.push(entry);
        segment
    }

    /// Returns whether a line that is not older than the last one may be added.
    pub(super) fn has_room(&self, entry: &Entry) -> bool {
        let usual = SegmentSize {
            bytes: SEGMENT_BYTES,
            lines: SEGMENT_LINES,
        };
        self.has_room_within(entry, usual)
    }

    fn has_room_within(&self, entry: &Entry, limit: SegmentSize) -> bool {
        let SegmentLines::Raw(entries) = &self.lines else {
            return false;
        };
        entries.len() < limit.lines
            && self.text_bytes + entry.size() <= limit.bytes
            && entry.at.since(self.first) <= MAX_SPAN_MS
    }

    /// Adds a line that is not older than the last one, to a run that has room.
    pub(super) fn push(&mut self, entry: Entry) {
        let mark = LineMark::of(&entry);
        self.last = self.last.max(entry.at);
        self.text_bytes += entry.size();
        if mark.is_notice() {
            self.notices += 1;
        } else {
            let place = mark
                .level()
                .map_or(Level::ALL.len(), |level| level as usize);
            if let Some(count) = self.levels.get_mut(place) {
                *count += 1;
            }
        }
        if let SegmentLines::Raw(entries) = &mut self.lines {
            entries.push(entry);
        }
    }

    /// Compresses the run. Nothing if it is compressed already.
    pub(super) fn pack(&mut self, sources: &mut LineSources) {
        if let SegmentLines::Raw(entries) = &self.lines {
            self.lines = SegmentLines::Packed(PackedLines::new(entries, sources));
        }
    }

    /// Returns whether the run is compressed.
    pub(super) const fn is_packed(&self) -> bool {
        matches!(self.lines, SegmentLines::Packed(_))
    }

    /// Number of lines.
    pub(super) fn len(&self) -> usize {
        match &self.lines {
            SegmentLines::Raw(entries) => entries.len(),
            SegmentLines::Packed(lines) => lines.len(),
        }
    }

    /// Number of notices.
    pub(super) const fn notices(&self) -> usize {
        self.notices
    }

    /// Number of notices that pass the filter.
    pub(super) fn shown_notices(&self) -> usize {
        match &self.passing {
            Some(passing) if self.notices > 0 => passing
                .iter()
                .filter(|line| {
                    self.mark(usize::from(**line))
                        .is_some_and(LineMark::is_notice)
                })
                .count(),
            Some(_) => 0,
            None => self.notices,
        }
    }

    /// Number of events of each level, the last for those without one.
    pub(super) const fn levels(&self) -> &[u32; Level::ALL.len() + 1] {
        &self.levels
    }

    /// Number of errors.
    pub(super) fn errors(&self) -> usize {
        self.levels
            .iter()
            .take(Level::ALL.len())
            .skip(Level::Error as usize)
            .map(|count| *count as usize)
            .sum()
    }

    /// Time of the first line.
    pub(super) const fn first(&self) -> Moment {
        self.first
    }

    /// Time of the last line.
    pub(super) const fn last(&self) -> Moment {
        self.last
    }

    /// Memory in use, in bytes.
    pub(super) fn memory(&self) -> usize {
        let lines = match &self.lines {
            SegmentLines::Raw(entries) => self.text_bytes + entries.len() * ENTRY_OVERHEAD,
            SegmentLines::Packed(lines) => lines.memory(),
        };
        let passing = self.passing.as_ref().map_or(0, Vec::len);
        lines + size_of::<Self>() + 2 * (passing + self.hits.len())
    }

    /// Time of a line.
    pub(super) fn time(&self, line: usize) -> Option<Moment> {
        match &self.lines {
            SegmentLines::Raw(entries) => entries.get(line).map(|entry| entry.at),
            SegmentLines::Packed(lines) => lines.time(line),
        }
    }

    /// Mark of a line.
    pub(super) fn mark(&self, line: usize) -> Option<LineMark> {
        match &self.lines {
            SegmentLines::Raw(entries) => entries.get(line).map(LineMark::of),
            SegmentLines::Packed(lines) => lines.mark(line),
        }
    }

    /// Calls a function with each of the wanted lines, which must be in ascending order.
    pub(super) fn visit(
        &self,
        wanted: impl IntoIterator<Item = usize>,
        sources: &LineSources,
        mut visit: impl FnMut(usize, Entry),
    ) {
        match &self.lines {
            SegmentLines::Raw(entries) => {
                for line in wanted {
                    if let Some(entry) = entries.get(line) {
                        visit(line, entry.clone());
                    }
                }
            }
            SegmentLines::Packed(lines) => {
                let mut buffer = Vec::new();
                if let Some(unpacked) = lines.unpack(&mut buffer) {
                    unpacked.visit(wanted, sources, visit);
                }
            }
        }
    }

    /// Returns all lines.
    pub(super) fn into_entries(self, sources: &LineSources) -> Vec<Entry> {
        match self.lines {
            SegmentLines::Raw(entries) => entries,
            SegmentLines::Packed(_) => {
                let mut entries = Vec::with_capacity(self.len());
                self.visit(0..self.len(), sources, |_, entry| entries.push(entry));
                entries
            }
        }
    }

    /// Number of lines that pass the filter.
    pub(super) fn rows(&self) -> usize {
        self.passing.as_ref().map_or_else(|| self.len(), Vec::len)
    }

    /// Returns the line of a row.
    pub(super) fn line_of_row(&self, row: usize) -> Option<usize> {
        match &self.passing {
            Some(passing) => passing.get(row).copied().map(usize::from),
            None => (row < self.len()).then_some(row),
        }
    }

    /// Returns the row of a line, or the row at which it would be inserted.
    pub(super) fn row_of_line(&self, line: usize) -> usize {
        match &self.passing {
            Some(passing) => passing.partition_point(|passing| usize::from(*passing) < line),
            None => line,
        }
    }

    /// Returns the lines that hold what is searched for.
    pub(super) fn hits(&self) -> &[u16] {
        &self.hits
    }

    /// Filters and searches the run. Returns the bytes that were read.
    pub(super) fn scan(
        &mut self,
        scan: &LineScan,
        sources: &LineSources,
        buffer: &mut Vec<u8>,
    ) -> usize {
        self.passing = None;
        self.hits = Vec::new();
        if scan.is_empty() {
            return 0;
        }
        let (passing, hits) = match &self.lines {
            SegmentLines::Raw(entries) => scan_raw(entries, scan),
            SegmentLines::Packed(lines) => scan_packed(lines, scan, sources, buffer),
        };
        self.passing = (!scan.filter().is_empty()).then_some(passing);
        self.hits = hits;
        if scan.needs_text() {
            self.text_bytes
        } else {
            self.len()
        }
    }

    /// Filters and searches the last line, which was just added.
    pub(super) fn scan_last(&mut self, scan: &LineScan) {
        let SegmentLines::Raw(entries) = &self.lines else {
            return;
        };
        let Some(entry) = entries.last() else {
            return;
        };
        let (line, passes) = (short(entries.len() - 1), scan.passes(entry));
        let is_hit = passes && scan.is_hit(entry);
        if let Some(passing) = &mut self.passing
            && passes
        {
            passing.push(line);
        } else if self.passing.is_none() && !scan.filter().is_empty() {
            self.passing = Some(if passes { vec![line] } else { Vec::new() });
        }
        if is_hit {
            self.hits.push(line);
        }
    }
}

/// Returns a line's number. A run has at most [`SEGMENT_LINES`].
fn short(line: usize) -> u16 {
    u16::try_from(line).unwrap_or(u16::MAX)
}

fn scan_raw(entries: &[Entry], scan: &LineScan) -> (Vec<u16>, Vec<u16>) {
    let (mut passing, mut hits) = (Vec::new(), Vec::new());
    for (line, entry) in entries.iter().enumerate() {
        if scan.passes(entry) {
            passing.push(short(line));
            if scan.is_hit(entry) {
                hits.push(short(line));
            }
        }
    }
    (passing, hits)
}

fn scan_packed(
    lines: &PackedLines,
    scan: &LineScan,
    sources: &LineSources,
    buffer: &mut Vec<u8>,
) -> (Vec<u16>, Vec<u16>) {
    let admits = |line: &usize| scan.admits(lines, *line);
    if !(0..lines.len()).any(|line| admits(&line)) {
        return (Vec::new(), Vec::new());
    }
    if !scan.needs_text() {
        let passing = (0..lines.len()).filter(admits).map(short).collect();
        return (passing, Vec::new());
    }
    let Some(unpacked) = lines.unpack(buffer) else {
        return (Vec::new(), Vec::new());
    };
    let candidates = scan.candidates(&unpacked, lines);
    let passing: Vec<u16> = if scan.is_exact() {
        candidates.into_iter().map(short).collect()
    } else {
        let mut passing = Vec::new();
        unpacked.visit(candidates, sources, |line, entry| {
            if scan.passes(&entry) {
                passing.push(short(line));
            }
        });
        passing
    };
    let hits = if scan.has_search() {
        let hits = scan.hits(&unpacked).into_iter().map(short);
        hits.filter(|line| passing.binary_search(line).is_ok())
            .collect()
    } else {
        Vec::new()
    };
    (passing, hits)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::logs::{Line, store::Body};

    fn entries(count: usize, text: &str) -> Vec<Entry> {
        let (group, stream): (Arc<str>, Arc<str>) = ("g".into(), "s".into());
        (0..count)
            .map(|at| Entry {
                at: Moment::from_millis(i64::try_from(at).unwrap()),
                body: Body::Event {
                    group: group.clone(),
                    stream: stream.clone(),
                    text: text.to_owned(),
                    line: Line::default(),
                    late: false,
                },
            })
            .collect()
    }

    #[test]
    fn many_lines_are_divided_into_even_runs_of_the_usual_size_at_most() {
        let long = "x".repeat(200);
        for (count, text) in [
            (2 * SEGMENT_LINES + 1, "x"),
            (5 * SEGMENT_LINES, "x"),
            (2 * SEGMENT_LINES, long.as_str()),
        ] {
            let runs = Segment::runs(entries(count, text));
            let sizes: Vec<usize> = runs.iter().map(Segment::len).collect();
            assert_eq!(sizes.iter().sum::<usize>(), count);
            assert!(
                runs.len() > 1 && sizes.iter().all(|size| *size <= SEGMENT_LINES),
                "{sizes:?}"
            );
            assert!(
                runs.iter().all(|run| run.text_bytes <= SEGMENT_BYTES),
                "{count}"
            );
        }
        assert_eq!(Segment::runs(entries(2 * SEGMENT_LINES, "")).len(), 1);
        assert!(Segment::runs(Vec::new()).is_empty());
    }

    #[test]
    fn the_memory_of_a_run_is_more_than_that_of_its_text() {
        let runs = Segment::runs(entries(3, "a line"));
        let least = 3 * ("a line".len() + ENTRY_OVERHEAD) + size_of::<Segment>();
        assert!(runs[0].memory() >= least, "{}", runs[0].memory());
    }
}

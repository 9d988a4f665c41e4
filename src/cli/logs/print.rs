//! Log lines on stdout: filtered, without credentials, as text or as JSON lines.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io::{self, BufWriter, Stdout, Write as _},
};

use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    logs::{
        Filter, Level, Line, ReadLine, StackTraces, redact, source_word, strip_escapes,
        summary::summary,
    },
    model::{
        DeploymentName, IdentifiedEvent, LogBatch, LogEvent, LogNotice, NoticeKind, pluralize,
        sanitize,
        sanitize::{escape_json, push_json_text},
    },
};

use super::super::{
    outcome::CliResult,
    output,
    table::{Tone, is_coloured, toned_if},
};
use super::{
    attribution::{Attribution, LineOwner},
    columns::{FieldTable, LogsFormat},
};

/// Which lines are wanted.
pub(super) struct PrintFilter {
    /// That match.
    pub(super) grep: Option<Regex>,
    /// Of this level and above.
    pub(super) level: Option<Level>,
    /// With this id, as one of their ids or within their text.
    pub(super) id: Option<String>,
    /// That pass a filter of the console.
    pub(super) expression: Option<Filter>,
}

impl PrintFilter {
    /// Returns whether an event is printed. `shown` is its text without credentials, `plain` also without escape sequences.
    fn admits(&self, event: &LogEvent, line: &Line, shown: &str, plain: &str) -> bool {
        self.level
            .is_none_or(|least| line.level.is_some_and(|level| level >= least))
            && self.grep.as_ref().is_none_or(|pattern| {
                pattern.is_match(shown)
                    || line
                        .message
                        .as_ref()
                        .is_some_and(|message| pattern.is_match(message))
            })
            && self.id.as_ref().is_none_or(|id| {
                line.has_id(id) || shown.contains(id.as_str()) || event.stream.contains(id.as_str())
            })
            && self.expression.as_ref().is_none_or(|filter| {
                filter.passes_line(event.timestamp, &event.group, plain.trim_end(), line)
            })
    }
}

/// Prints events and notices.
pub(super) struct Printer {
    out: BufWriter<Stdout>,
    format: LogsFormat,
    filter: PrintFilter,
    /// The columns of a table or of CSV.
    table: FieldTable,
    sources: SourceLabels,
    zone: Option<TimeZone>,
    /// Whether stdout takes colours.
    is_coloured: bool,
    traces: StackTraces,
    attribution: Attribution,
    /// The line that is being made.
    line: String,
    /// Number of lines printed.
    kept: usize,
    /// Ids of lines that were printed as they came live, and that CloudWatch's ids are not known of yet.
    live_ids: HashSet<String>,
}

impl Printer {
    /// Returns a printer of lines of these groups.
    pub(super) fn new(
        format: LogsFormat,
        filter: PrintFilter,
        groups: &[&str],
        attribution: Attribution,
    ) -> Self {
        // People read their own clock; programs get the one that means the same everywhere.
        let zone = io::IsTerminal::is_terminal(&io::stdout()).then(TimeZone::system);
        Self {
            out: BufWriter::with_capacity(64 * 1024, io::stdout()),
            format,
            filter,
            table: FieldTable::new(&[]),
            sources: SourceLabels::of(groups),
            zone,
            is_coloured: is_coloured(),
            traces: StackTraces::default(),
            attribution,
            line: String::new(),
            kept: 0,
            live_ids: HashSet::new(),
        }
    }

    /// Returns the printer with these fields as the columns of its table.
    pub(super) fn with_fields(mut self, fields: &[String]) -> Self {
        self.table = FieldTable::new(fields);
        self
    }

    /// Prints what a tail delivers at once.
    pub(super) fn batch(&mut self, batch: &LogBatch) -> CliResult {
        self.notices(&batch.notices)?;
        self.events(&batch.events)?;
        self.identified(&batch.identified)?;
        self.flush()
    }

    /// Those events that pass the filter, in the order given.
    pub(super) fn events(&mut self, events: &[LogEvent]) -> CliResult {
        for event in events {
            // Credentials are masked before the line is taken apart, so that none of its parts holds any.
            let shown = redact(&event.message);
            let plain = strip_escapes(&shown);
            let read = ReadLine::new(&plain);
            let mut line = read.facts();
            line.level = self.traces.level(event, &plain, line.level);
            if !self.filter.admits(event, &line, &shown, &plain) {
                continue;
            }
            let LineOwner::Of(deployment) = self.attribution.owner(&event.group, &read) else {
                continue;
            };
            self.kept += 1;
            self.line.clear();
            match self.format {
                LogsFormat::Json => {
                    let deployment = deployment.map(DeploymentName::as_str);
                    push_json_line(event, &line, &shown, deployment, &mut self.line);
                    let live_id = event.id.as_ref().filter(|id| id.starts_with("live:"));
                    self.live_ids.extend(live_id.cloned());
                }
                LogsFormat::Text => self.push_text_line(event, &line, plain.trim_end()),
                LogsFormat::Table | LogsFormat::Csv => {
                    let source = match self.format {
                        LogsFormat::Csv => event.group.to_string(),
                        LogsFormat::Table | LogsFormat::Text | LogsFormat::Json => {
                            self.sources.name_of(&event.group)
                        }
                    };
                    let place = (self.time(event), source);
                    let deployment = deployment.map(DeploymentName::as_str);
                    let seen = (event, &line, &*plain);
                    self.table
                        .push_line(self.format, place, seen, deployment, &mut self.line);
                }
            }
            self.out.write_all(self.line.as_bytes())?;
        }
        self.line.clear();
        self.table.push_rows(self.format, &mut self.line);
        self.out.write_all(self.line.as_bytes())?;
        Ok(())
    }

    /// Notices: lines of their own in JSON, remarks beside the data in text. That it has begun is no news.
    pub(super) fn notices(&mut self, notices: &[LogNotice]) -> CliResult {
        notices
            .iter()
            .filter(|notice| notice.kind != NoticeKind::Started)
            .try_for_each(|notice| self.notice(notice))
    }

    fn notice(&mut self, notice: &LogNotice) -> CliResult {
        match self.format {
            LogsFormat::Json => self.json(&json!({"notice": notice.kind, "timestamp": notice.at.millis(), "text": notice.text})),
            LogsFormat::Text | LogsFormat::Table | LogsFormat::Csv => {
                self.flush()?;
                output::note(&format!("-- {} {}", notice.at.iso(), notice.text));
                Ok(())
            }
        }
    }

    /// CloudWatch's ids of lines that were printed as they came live: one line of JSON for all of them.
    fn identified(&mut self, identified: &[IdentifiedEvent]) -> CliResult {
        let printed: Map<String, Value> = identified
            .iter()
            .filter(|event| self.live_ids.remove(&event.live_id))
            .map(|event| (event.live_id.clone(), Value::String(event.id.clone())))
            .collect();
        if printed.is_empty() {
            return Ok(());
        }
        self.json(&json!({"notice": "identified", "ids": printed}))
    }

    /// Everything so far is seen now.
    pub(super) fn flush(&mut self) -> CliResult {
        Ok(self.out.flush()?)
    }

    /// Prints the counts at the end of a tail.
    pub(super) fn end(&mut self, late: usize, open_gaps: usize) -> CliResult {
        let kept = self.kept;
        match self.format {
            LogsFormat::Json => self.json(
                &json!({"notice": "end", "kept": kept, "late": late, "open_gaps": open_gaps}),
            )?,
            LogsFormat::Text | LogsFormat::Table | LogsFormat::Csv => {
                self.flush()?;
                output::note(&format!(
                    "-- {} kept, {late} late, {}",
                    pluralize(kept, "line"),
                    pluralize(open_gaps, "open gap")
                ));
            }
        }
        self.flush()
    }

    /// Prints the end.
    pub(super) fn finish(&mut self) -> CliResult {
        if self.format == LogsFormat::Csv {
            // A file without rows has its titles too.
            self.line.clear();
            self.table.push_header(self.format, &mut self.line);
            self.out.write_all(self.line.as_bytes())?;
        }
        self.flush()?;
        if self.kept == 0 {
            output::note("note: no line of this window matches");
        }
        Ok(())
    }

    fn json(&mut self, value: &Value) -> CliResult {
        let text = serde_json::to_string(value).map_err(io::Error::from)?;
        writeln!(self.out, "{}", escape_json(&text))?;
        Ok(())
    }

    fn time(&self, event: &LogEvent) -> String {
        self.zone.as_ref().map_or_else(
            || event.timestamp.iso(),
            |zone| event.timestamp.clock_millis(zone),
        )
    }

    /// Appends a line for people: without what its columns say, Lambda's lines shortened. `plain` is its text without credentials and
    /// escape sequences.
    fn push_text_line(&mut self, event: &LogEvent, line: &Line, plain: &str) {
        let time = self.time(event);
        let out = &mut self.line;
        out.push_str(&time);
        out.push_str("  ");
        if let Some(source) = self.sources.of_group(&event.group) {
            out.push_str(&toned_if(self.is_coloured, source, Tone::Dim));
            out.push_str("  ");
        }
        let level = line.level.map_or("", level_word);
        let tone = line.level.map_or(Tone::Plain, tone);
        if self.is_coloured {
            out.push_str(&toned_if(true, &format!("{level:<5}"), tone));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "{level:<5}");
        }
        let message = summary(plain, line).message;
        out.push_str("  ");
        out.push_str(&sanitize(&strip_escapes(message.trim_end())));
        let is_cut = |id: &String| !message.contains(id.as_str());
        if line.message.is_some() || line.request_id.as_ref().is_some_and(is_cut) {
            // What is only in the envelope leads to other lines; what is in a plain text is seen there.
            let ids = ids(line, self.zone.is_some());
            if !ids.is_empty() {
                out.push_str("  ");
                out.push_str(&toned_if(self.is_coloured, &sanitize(&ids), Tone::Dim));
            }
        }
        out.push('\n');
    }
}

/// Returns the word of a level in its column.
const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Trace => "TRACE",
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
        Level::Fatal => "FATAL",
    }
}

/// Returns the ids of a line: for people as much of each as `--id` needs to find it, for programs whole.
fn ids(line: &Line, short: bool) -> String {
    let named = [
        ("trace", &line.trace_id),
        ("session", &line.session_id),
        ("request", &line.request_id),
    ];
    let shown = |id: &str| match id.char_indices().nth(8).filter(|_| short) {
        Some((at, _)) => format!("{}…", id.get(..at).unwrap_or(id)),
        None => id.to_owned(),
    };
    let parts: Vec<String> = named
        .into_iter()
        .filter_map(|(name, id)| Some(format!("{name}={}", shown(id.as_deref()?))))
        .collect();
    parts.join(" ")
}

/// What lines call their group: the part that it plays, and its name too where several play it. Nothing for a single group.
struct SourceLabels(HashMap<String, String>);

impl SourceLabels {
    fn of(groups: &[&str]) -> Self {
        let mut groups = groups.to_vec();
        groups.sort_unstable();
        groups.dedup();
        if groups.len() < 2 {
            return Self(HashMap::new());
        }
        let label = |group: &str| {
            let word = source_word(group);
            let is_alone = groups
                .iter()
                .filter(|source| source_word(source) == word)
                .count()
                == 1;
            let name = group.rsplit('/').next().unwrap_or(group);
            if is_alone && word != "log" {
                word.to_owned()
            } else {
                sanitize(name).into_owned()
            }
        };
        let labels: Vec<String> = groups.iter().map(|group| label(group)).collect();
        let width = labels.iter().map(|label| label.width()).max().unwrap_or(0);
        let padded = labels
            .iter()
            .map(|label| format!("{label}{}", " ".repeat(width - label.width())));
        Self(
            groups
                .iter()
                .map(|group| (*group).to_owned())
                .zip(padded)
                .collect(),
        )
    }

    /// Returns the label of a group without the spaces behind it, for a column that every line has: of a single group, its name.
    fn name_of(&self, group: &str) -> String {
        self.of_group(group).map_or(group, str::trim_end).to_owned()
    }

    fn of_group(&self, group: &str) -> Option<&str> {
        self.0.get(group).map(String::as_str)
    }
}

const fn tone(level: Level) -> Tone {
    match level {
        Level::Trace | Level::Debug => Tone::Dim,
        Level::Info => Tone::Plain,
        Level::Warn => Tone::Attention,
        Level::Error | Level::Fatal => Tone::Bad,
    }
}

/// Appends an event as a line of JSON. Its members are written one after the other: no value is made of them first.
fn push_json_line(
    event: &LogEvent,
    line: &Line,
    shown: &str,
    deployment: Option<&str>,
    out: &mut String,
) {
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        r#"{{"timestamp":{},"ingestion_time":{}"#,
        event.timestamp.millis(),
        event.ingestion.millis()
    );
    let mut push = |name: &str, text: Option<&str>| {
        out.push_str(name);
        match text {
            Some(text) => push_json_text(text, out),
            None => out.push_str("null"),
        }
    };
    push(r#","source":"#, Some(&event.group));
    push(r#","deployment":"#, deployment);
    push(r#","stream":"#, Some(&event.stream));
    push(r#","id":"#, event.id.as_deref());
    push(r#","message":"#, Some(shown));
    push(r#","level":"#, line.level.map(Level::as_str));
    for (name, id) in [
        (r#","trace_id":"#, &line.trace_id),
        (r#","span_id":"#, &line.span_id),
        (r#","session_id":"#, &line.session_id),
        (r#","request_id":"#, &line.request_id),
    ] {
        if let Some(id) = id {
            push(name, Some(id));
        }
    }
    out.push_str("}\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn event(message: &str) -> LogEvent {
        let at = Moment::from_millis(1_795_224_324_652);
        LogEvent {
            timestamp: at,
            ingestion: at.plus(33),
            group: "/aws/x".into(),
            stream: "st-1".into(),
            id: Some("e1".into()),
            message: message.into(),
        }
    }

    #[test]
    fn json_lines_have_the_members_that_are_promised() {
        let event = event("level=warn password=canary request_id=r1");
        let shown = redact(&event.message);
        let (line, mut text) = (Line::read(&event.message), String::new());
        push_json_line(&event, &line, &shown, Some("prod"), &mut text);
        assert!(text.ends_with("}\n"));
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({"timestamp": 1_795_224_324_652_i64, "ingestion_time": 1_795_224_324_685_i64, "source": "/aws/x", "deployment": "prod", "stream": "st-1", "id": "e1",
                "message": "level=warn password=*** request_id=r1", "level": "warn", "request_id": "r1"})
        );
    }

    #[test]
    fn groups_are_called_by_their_part_and_by_their_name_where_it_takes_both() {
        let (gateway, one, two) = (
            "/aws/vendedlogs/x/gateway/LOGS/gw-1",
            "/aws/x/runtimes/r1-DEFAULT",
            "/aws/x/runtimes/r2-DEFAULT",
        );
        assert_eq!(
            SourceLabels::of(&[gateway, gateway]).of_group(gateway),
            None
        );
        let labels = SourceLabels::of(&[gateway, one, two]);
        let shown = [gateway, one, two].map(|group| labels.of_group(group).unwrap());
        assert_eq!(shown, ["gateway   ", "r1-DEFAULT", "r2-DEFAULT"]);
    }

    #[test]
    fn text_lines_say_once_what_columns_and_ids_say() {
        let printed = |text: &str| {
            let groups = ["/aws/x"];
            let filter = PrintFilter {
                grep: None,
                level: None,
                id: None,
                expression: None,
            };
            let attribution = Attribution::of(&[]);
            let mut printer = Printer::new(LogsFormat::Text, filter, &groups, attribution);
            printer.zone = None;
            printer.is_coloured = false;
            printer.push_text_line(&event(text), &Line::read(text), text);
            let (_, line) = printer.line.split_once("Z  ").unwrap();
            line.to_owned()
        };
        assert_eq!(
            printed("START RequestId: 8f5 Version: $LATEST"),
            "INFO   START  request=8f5\n"
        );
        assert_eq!(
            printed(
                "REPORT RequestId: 8f5\tDuration: 9.00 ms\tBilled Duration: 9 ms\tMemory Size: 256 MB\tMax Memory Used: 71 MB\t"
            ),
            "INFO   REPORT 9 ms  billed 9 ms  71 of 256 MB  request=8f5\n"
        );
        assert_eq!(printed("ERROR: boom"), "ERROR  boom\n");
        assert_eq!(
            printed("ERROR boom request_id=r1"),
            "ERROR  boom request_id=r1\n"
        );
    }

    #[test]
    fn ids_are_whole_for_programs_and_begin_right_for_people() {
        let line = Line::read(r#"{"message":"x","traceId":"691bd2f0aa","requestId":"r1"}"#);
        assert_eq!(ids(&line, false), "trace=691bd2f0aa request=r1");
        assert_eq!(ids(&line, true), "trace=691bd2f0… request=r1");
    }

    #[test]
    fn filters_take_levels_from_below_ids_and_patterns() {
        let admits = |filter: &PrintFilter, text: &str| {
            let event = event(text);
            filter.admits(&event, &Line::read(text), &redact(text), &redact(text))
        };
        let none = || PrintFilter {
            grep: None,
            level: None,
            id: None,
            expression: None,
        };
        let errors = PrintFilter {
            level: Some(Level::Warn),
            ..none()
        };
        assert!(
            admits(&errors, "level=error x")
                && admits(&errors, "level=warn x")
                && !admits(&errors, "level=info x")
                && !admits(&errors, "x")
        );
        let ids = PrintFilter {
            id: Some("r1".into()),
            ..none()
        };
        assert!(admits(&ids, "request_id=r1") && !admits(&ids, "request_id=r2"));
        let grep = PrintFilter {
            grep: Some(Regex::new("time ?out").unwrap()),
            ..none()
        };
        assert!(admits(&grep, "a timeout") && !admits(&grep, "fine"));
        let within = PrintFilter {
            grep: Some(Regex::new("^boom$").unwrap()),
            ..none()
        };
        assert!(
            admits(&within, r#"{"message":"boom"}"#) && !admits(&within, r#"{"message":"boom!"}"#)
        );
        let expression = PrintFilter {
            expression: Filter::parse("status>=500 -health").ok(),
            ..none()
        };
        assert!(
            admits(&expression, r#"{"status":502}"#)
                && !admits(&expression, r#"{"status":200}"#)
                && !admits(&expression, r#"{"status":502,"path":"/health"}"#)
        );
        let secret = PrintFilter {
            grep: Some(Regex::new("canary").unwrap()),
            ..none()
        };
        assert!(
            !admits(&secret, "password=canary"),
            "what is not shown cannot be searched for"
        );
    }
}

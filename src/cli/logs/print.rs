//! Log lines on stdout: filtered, without credentials, as text or as JSON lines.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Stdout, Write as _},
};

use jiff::tz::TimeZone;
use regex::Regex;
use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    logs::{Level, Line, StackTraces, redact, source_word, strip_escapes},
    model::{LogEvent, LogNotice, NoticeKind, pluralize, sanitize, sanitize::escape_json},
};

use super::super::{
    Outcome,
    arguments::TextOrJson,
    output,
    table::{Tone, toned},
};
use super::attribution::{Attribution, LineOwner};

/// Which lines are wanted.
pub(super) struct PrintFilter {
    /// That match.
    pub(super) grep: Option<Regex>,
    /// Of this level and above.
    pub(super) level: Option<Level>,
    /// With this id, as one of their ids or within their text.
    pub(super) id: Option<String>,
}

impl PrintFilter {
    fn admits(&self, event: &LogEvent, line: &Line, shown: &str) -> bool {
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
    }
}

/// Prints events and notices.
pub(super) struct Printer {
    out: BufWriter<Stdout>,
    format: TextOrJson,
    filter: PrintFilter,
    sources: SourceLabels,
    zone: Option<TimeZone>,
    traces: StackTraces,
    attribution: Attribution,
    /// Number of lines printed.
    kept: usize,
}

impl Printer {
    /// A printer of lines of these groups.
    pub(super) fn new(
        format: TextOrJson,
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
            sources: SourceLabels::of(groups),
            zone,
            traces: StackTraces::default(),
            attribution,
            kept: 0,
        }
    }

    /// Those events that pass the filter, in the order given.
    pub(super) fn events(&mut self, events: &[LogEvent]) -> Outcome {
        for event in events {
            // Credentials are masked before the line is taken apart, so that none of its parts holds any.
            let shown = redact(&event.message);
            let mut line = Line::read(&shown);
            line.level = self.traces.level(event, &strip_escapes(&shown), line.level);
            if !self.filter.admits(event, &line, &shown) {
                continue;
            }
            let LineOwner::Of(deployment) = self.attribution.owner(&event.group, &shown) else {
                continue;
            };
            self.kept += 1;
            match self.format {
                TextOrJson::Json => {
                    self.json(&members(event, &line, &shown, deployment.as_deref()))?;
                }
                TextOrJson::Text => self.text(event, &line, &shown)?,
            }
        }
        Ok(())
    }

    /// Notices: lines of their own in JSON, remarks beside the data in text. That it has begun is no news.
    pub(super) fn notices(&mut self, notices: &[LogNotice]) -> Outcome {
        notices
            .iter()
            .filter(|notice| notice.kind != NoticeKind::Started)
            .try_for_each(|notice| self.notice(notice))
    }

    fn notice(&mut self, notice: &LogNotice) -> Outcome {
        match self.format {
            TextOrJson::Json => self.json(&json!({"notice": notice.kind, "timestamp": notice.at.millis(), "text": notice.text})),
            TextOrJson::Text => {
                self.flush()?;
                output::note(&format!("-- {} {}", notice.at.iso(), notice.text));
                Ok(())
            }
        }
    }

    /// Everything so far is seen now.
    pub(super) fn flush(&mut self) -> Outcome {
        Ok(self.out.flush()?)
    }

    /// Prints the counts at the end of a tail.
    pub(super) fn end(&mut self, late: usize, open_gaps: usize) -> Outcome {
        let kept = self.kept;
        match self.format {
            TextOrJson::Json => self.json(
                &json!({"notice": "end", "kept": kept, "late": late, "open_gaps": open_gaps}),
            )?,
            TextOrJson::Text => {
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

    /// The end.
    pub(super) fn finish(&mut self) -> Outcome {
        self.flush()
    }

    fn json(&mut self, value: &Value) -> Outcome {
        let text = serde_json::to_string(value).map_err(io::Error::from)?;
        writeln!(self.out, "{}", escape_json(&text))?;
        Ok(())
    }

    fn text(&mut self, event: &LogEvent, line: &Line, shown: &str) -> Outcome {
        let time = self.zone.as_ref().map_or_else(
            || event.timestamp.iso(),
            |zone| event.timestamp.clock_millis(zone),
        );
        let level = line.level.map_or("", Level::as_str).to_uppercase();
        let level = toned(&format!("{level:<5}"), line.level.map_or(Tone::Plain, tone));
        write!(self.out, "{time}  ")?;
        if let Some(source) = self.sources.of_group(&event.group) {
            write!(self.out, "{}  ", toned(source, Tone::Dim))?;
        }
        let message = without_level(
            line.message.as_deref().unwrap_or(shown).trim_end(),
            line.level,
        );
        write!(self.out, "{level}  {}", sanitize(&strip_escapes(message)))?;
        if line.message.is_some() {
            // What is only in the envelope leads to other lines; what is in a plain text is seen there.
            let ids = toned(&sanitize(&ids(line, self.zone.is_some())), Tone::Dim);
            write!(self.out, "{}{ids}", if ids.is_empty() { "" } else { "  " })?;
        }
        writeln!(self.out)?;
        Ok(())
    }
}

/// The message without the level that it begins with: that stands in its own column.
fn without_level(message: &str, level: Option<Level>) -> &str {
    let Some(word) = level.map(|level| level.as_str().to_uppercase()) else {
        return message;
    };
    match message.strip_prefix(word.as_str()) {
        Some(rest) if rest.starts_with([' ', ':']) => rest.trim_start_matches([' ', ':']),
        _ => message,
    }
}

/// The ids of a line: for people as much of each as `--id` needs to find it, for programs whole.
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
                .filter(|each| source_word(each) == word)
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

fn members(event: &LogEvent, line: &Line, shown: &str, deployment: Option<&str>) -> Value {
    let mut all = Map::new();
    all.insert("timestamp".into(), json!(event.timestamp.millis()));
    all.insert("ingestion_time".into(), json!(event.ingestion.millis()));
    all.insert("source".into(), json!(event.group));
    all.insert("deployment".into(), json!(deployment));
    all.insert("stream".into(), json!(event.stream));
    all.insert("id".into(), json!(event.id));
    all.insert("message".into(), json!(shown));
    all.insert("level".into(), json!(line.level));
    for (name, id) in [
        ("trace_id", &line.trace_id),
        ("span_id", &line.span_id),
        ("session_id", &line.session_id),
        ("request_id", &line.request_id),
    ] {
        if let Some(id) = id {
            all.insert(name.into(), json!(id));
        }
    }
    Value::Object(all)
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
        let value = members(&event, &Line::read(&event.message), &shown, Some("prod"));
        assert_eq!(
            value,
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
    fn ids_are_whole_for_programs_and_begin_right_for_people() {
        let line = Line::read(r#"{"message":"x","traceId":"691bd2f0aa","requestId":"r1"}"#);
        assert_eq!(ids(&line, false), "trace=691bd2f0aa request=r1");
        assert_eq!(ids(&line, true), "trace=691bd2f0… request=r1");
        assert_eq!(without_level("ERROR: boom", Some(Level::Error)), "boom");
        assert_eq!(
            without_level("ERRORS are rare", Some(Level::Error)),
            "ERRORS are rare"
        );
    }

    #[test]
    fn filters_take_levels_from_below_ids_and_patterns() {
        let admits = |filter: &PrintFilter, text: &str| {
            let event = event(text);
            filter.admits(&event, &Line::read(text), &redact(text))
        };
        let none = || PrintFilter {
            grep: None,
            level: None,
            id: None,
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

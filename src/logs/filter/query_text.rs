//! A filter written as a query of CloudWatch Logs Insights.
//!
//! The query finds what the filter finds as far as the language of the service goes: it does not know the level of a plain
//! line, so levels are matched by their words.

use super::{Filter, condition::Condition};
use crate::logs::{Level, patterns::WILDCARD};

/// Rows that a query for log lines asks for. `limit` stands in the text, where it can be changed.
const ROWS: usize = 1_000;
/// The fields of a query for log lines: what a row needs to be opened with the lines around it.
const FIELDS: &str = "fields @timestamp, @log, @logStream, @message";

/// The words of each level, as the common logging frameworks write them.
const LEVEL_WORDS: [(Level, &str); 6] = [
    (Level::Trace, "trace|verbose"),
    (Level::Debug, "debug"),
    (Level::Info, "info|notice"),
    (Level::Warn, "warn|warning"),
    (Level::Error, "error|severe|exception|traceback"),
    (Level::Fatal, "fatal|critical|panic|alert|emerg"),
];

impl Filter {
    /// Writes the filter as a query for the lines that pass, the newest first. The window of the scope is no part of the
    /// text: it is the time range of the query. Nor is whose spans are read: [`own_spans_only`] adds that to every query.
    pub fn insights_query(&self) -> String {
        let mut commands = vec![FIELDS.to_owned()];
        let conditions = self
            .conditions
            .iter()
            .map(expression)
            .chain(self.hidden_sources())
            .chain(self.hidden_levels());
        commands.extend(conditions.map(|condition| format!("filter {condition}")));
        commands.push("sort @timestamp desc".to_owned());
        commands.push(format!("limit {ROWS}"));
        commands.join(" | ")
    }

    fn hidden_sources(&self) -> impl Iterator<Item = String> {
        self.scope
            .hidden_sources
            .iter()
            .map(|source| format!("not ({})", source_expression(source)))
    }

    fn hidden_levels(&self) -> Option<String> {
        let hidden = self.scope.hidden_levels.iter().flatten();
        let words: Vec<&str> = hidden.map(|level| words_of(*level)).collect();
        (!words.is_empty()).then(|| format!("@message not like /(?i)\\b({})\\b/", words.join("|")))
    }
}

/// Returns a query that reads of the spans only those that name one of these gateways or runtimes, since all deployments of an account
/// share one group for spans. Without ids, or where it says so already, the query stays as it is.
pub fn own_spans_only(query: &str, owner_ids: &[String]) -> String {
    match spans_of(owner_ids).filter(|spans| !query.contains(spans.as_str())) {
        Some(spans) => {
            let query = query.trim_start().trim_start_matches('|').trim_start();
            format!("filter {spans} | {query}")
        }
        None => query.to_owned(),
    }
}

/// Returns the condition that spans name one of these gateways or runtimes; none if all spans may be shown.
pub(crate) fn spans_of(owner_ids: &[String]) -> Option<String> {
    let ids: Vec<String> = owner_ids.iter().map(|id| escaped(id)).collect();
    (!ids.is_empty()).then(|| {
        format!(
            "@log not like /:aws\\/spans$/ or @message like /{}/",
            ids.join("|")
        )
    })
}

fn words_of(level: Level) -> &'static str {
    LEVEL_WORDS
        .iter()
        .find(|(known, _)| *known == level)
        .map_or("", |(_, words)| words)
}

fn expression(condition: &Condition) -> String {
    match condition {
        Condition::Level(least) => level_expression(*least),
        Condition::Contains(part) => format!("@message like /(?i){}/", escaped(part)),
        Condition::Matches(regex) => {
            format!("@message like /(?i){}/", with_slashes(regex.as_str()))
        }
        Condition::Id(id) => format!("@message like {}", quoted(id)),
        Condition::Source(source) => source_expression(source),
        Condition::Field(comparison) => comparison.insights_expression(),
        Condition::Pattern(pattern) => {
            let parts: Vec<String> = pattern.split(WILDCARD).map(escaped).collect();
            format!("@message like /{}/", parts.join(".*"))
        }
        Condition::Call { id, lines } => {
            let mut ids = vec![id];
            ids.extend(lines.ids.iter().filter(|other| *other != id));
            let any: Vec<String> = ids
                .into_iter()
                .map(|id| format!("@message like {}", quoted(id)))
                .collect();
            any.join(" or ")
        }
        Condition::Not(condition) => format!("not ({})", expression(condition)),
    }
}

/// Lines of a level and above, by the words of these levels, and the gateway's own mark of an error.
fn level_expression(least: Level) -> String {
    let words: Vec<&str> = LEVEL_WORDS
        .iter()
        .filter(|(level, _)| *level >= least)
        .map(|(_, words)| *words)
        .collect();
    format!(
        "@message like /(?i)\\b({})\\b|\"isError\": ?true/",
        words.join("|")
    )
}

/// Lines of a source. The field `@log` holds the account and the name of the log group.
fn source_expression(source: &str) -> String {
    match source {
        "gateway" => "@log like /\\/gateway\\//".to_owned(),
        "interceptor" => "@log like /:\\/aws\\/lambda\\//".to_owned(),
        "runtime" => "@log like /\\/runtimes?\\//".to_owned(),
        "spans" => "@log like /:aws\\/spans$/".to_owned(),
        "log" => "@log not like /\\/gateway\\/|:\\/aws\\/lambda\\/|\\/runtimes?\\/|:aws\\/spans$/"
            .to_owned(),
        part => format!("@log like /(?i){}/", escaped(part)),
    }
}

/// Returns a text as a regular expression between slashes that finds exactly it.
fn escaped(text: &str) -> String {
    with_slashes(&regex::escape(text))
}

/// Returns a regular expression between slashes: its own slashes get a backslash, unless they have one.
fn with_slashes(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len());
    let mut is_escaped = false;
    for letter in pattern.chars() {
        if letter == '/' && !is_escaped {
            written.push('\\');
        }
        is_escaped = letter == '\\' && !is_escaped;
        written.push(letter);
    }
    written
}

/// Returns a text between quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::FilterScope;

    /// Returns the conditions of the query of a filter.
    fn conditions(filter: &str) -> Vec<String> {
        let query = Filter::parse(filter).unwrap().insights_query();
        query
            .split(" | ")
            .filter_map(|command| command.strip_prefix("filter "))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_word_of_a_filter_becomes_a_condition() {
        for (filter, expected) in [
            ("timeout", "@message like /(?i)timeout/"),
            ("/took \\d+ ms/", "@message like /(?i)took \\d+ ms/"),
            ("/a/b/", "@message like /(?i)a\\/b/"),
            ("\"/mcp (x)\"", "@message like /(?i)\\/mcp \\(x\\)/"),
            ("-health", "not (@message like /(?i)health/)"),
            ("trace=93de", "@message like \"93de\""),
            ("source=gateway", "@log like /\\/gateway\\//"),
            ("pattern=\"took <*> ms\"", "@message like /took .* ms/"),
            (
                "level>=error",
                "@message like /(?i)\\b(error|severe|exception|traceback|fatal|critical|panic|alert|emerg)\\b|\"isError\": ?true/",
            ),
            (
                "durationNano>5000",
                "durationNano > 5000 or `attributes.durationNano` > 5000 or `resource.attributes.durationNano` > 5000",
            ),
            (
                ".http.method=GET",
                "`http.method` = \"GET\" or `attributes.http.method` = \"GET\" or `resource.attributes.http.method` = \"GET\"",
            ),
            (
                ".body.isError=true",
                "`body.isError` in [\"true\", 1] or `attributes.body.isError` in [\"true\", 1] or `resource.attributes.body.isError` in [\"true\", 1]",
            ),
        ] {
            assert_eq!(conditions(filter), [expected], "{filter}");
        }
    }

    #[test]
    fn every_query_reads_only_the_spans_of_the_deployments_that_are_asked_for() {
        let ids = ["gw-1".to_owned(), "rt.2".to_owned()];
        let asked = own_spans_only(" | stats count(*) by bin(1m)", &ids);
        assert_eq!(
            asked,
            "filter @log not like /:aws\\/spans$/ or @message like /gw\\-1|rt\\.2/ | stats count(*) by bin(1m)"
        );
        assert_eq!(own_spans_only(&asked, &ids), asked, "once is enough");
        assert_eq!(own_spans_only("stats count(*)", &[]), "stats count(*)");
    }

    #[test]
    fn what_keys_hide_is_left_out() {
        let scope = FilterScope {
            hidden_levels: vec![Some(Level::Debug), None],
            hidden_sources: vec!["spans"],
            window: None,
        };
        let filter = Filter::parse("x").unwrap().within(scope);
        assert_eq!(
            filter.insights_query(),
            "fields @timestamp, @log, @logStream, @message | filter @message like /(?i)x/ \
             | filter not (@log like /:aws\\/spans$/) | filter @message not like /(?i)\\b(debug)\\b/ \
             | sort @timestamp desc | limit 1000"
        );
    }

    #[test]
    fn sources_are_the_words_that_lines_are_shown_with() {
        for group in [
            "/aws/lambda/f",
            "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/g",
            "/aws/bedrock-agentcore/runtimes/r-DEFAULT",
            crate::logs::SPANS_GROUP,
            "/other",
        ] {
            let word = crate::logs::source_word(group);
            for source in ["gateway", "interceptor", "runtime", "spans", "log"] {
                let condition = source_expression(source);
                let (is_inverse, pattern) = match condition.strip_prefix("@log not like ") {
                    Some(pattern) => (true, pattern),
                    None => (false, condition.strip_prefix("@log like ").unwrap()),
                };
                let pattern = pattern[1..pattern.len() - 1].replace("\\/", "/");
                let holds = regex::Regex::new(&pattern)
                    .unwrap()
                    .is_match(&format!("123456789012:{group}"));
                assert_eq!(holds != is_inverse, word == source, "{group} {source}");
            }
        }
    }
}

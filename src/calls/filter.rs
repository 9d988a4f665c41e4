//! The filter of a list of calls: words that all must hold.

use super::LoggedCall;

/// Returns whether all words of a filter hold for a call: a text, `-text`, `>500` for slower than 500 ms.
pub fn call_passes(call: &LoggedCall, filter: &str) -> bool {
    filter.split_whitespace().all(|word| {
        if let Some(least) = word
            .strip_prefix('>')
            .and_then(|text| text.parse::<i64>().ok())
        {
            return call.duration_ms.is_some_and(|duration| duration > least);
        }
        match word
            .strip_prefix(['-', '!'])
            .filter(|rest| !rest.is_empty())
        {
            Some(rest) => !holds(call, &rest.to_lowercase()),
            None => holds(call, &word.to_lowercase()),
        }
    })
}

fn holds(call: &LoggedCall, part: &str) -> bool {
    let fields = [
        Some(call.deployment.as_str()),
        call.tool.as_deref(),
        Some(call.outcome.as_str()),
        call.hop,
        call.message.as_deref(),
        call.trace_id.as_deref(),
        call.session_id.as_deref(),
        call.statement(),
    ];
    fields
        .into_iter()
        .flatten()
        .chain(call.request_ids.iter().map(String::as_str))
        .any(|field| crate::logs::contains(field, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::LoggedOutcome;

    #[test]
    fn words_look_into_what_a_call_says_of_itself() {
        let call = LoggedCall {
            tool: Some("read-cypher".to_owned()),
            outcome: LoggedOutcome::Error,
            message: Some("Neo.ClientError.X".to_owned()),
            duration_ms: Some(600),
            ..LoggedCall::default()
        };
        for (filter, passes) in [
            ("", true),
            ("READ error", true),
            ("-neo.clienterror", false),
            (">500", true),
            (">600", false),
            ("!ok read", true),
        ] {
            assert_eq!(call_passes(&call, filter), passes, "{filter}");
        }
    }
}

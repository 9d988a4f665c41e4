//! Queries to begin with, over the logs and spans that AgentCore writes.

/// A query with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedInsightsQuery {
    /// What it answers, in a few words.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

/// Stands for a session id that is not known.
pub const ANY_SESSION: &str = "SESSION-ID";

/// Returns the queries to begin with. `session` is the session id of the line that is looked at.
///
/// Names and attributes of spans: AgentCore developer guide, "observability". Members of the gateway's records: the same,
/// "gateway observability".
pub fn saved_queries(session: Option<&str>) -> Vec<SavedInsightsQuery> {
    let session = session.unwrap_or(ANY_SESSION).replace('"', "");
    vec![
        SavedInsightsQuery {
            name: "slow tools",
            text: "filter name like /InvokeTool/ and ispresent(`attributes.tool.name`) \
                 | stats count(*) as calls, avg(`attributes.latency_ms`) as mean_ms, \
                 max(`attributes.latency_ms`) as slowest_ms by `attributes.tool.name` | sort slowest_ms desc".to_owned(),
        },
        SavedInsightsQuery {
            name: "errors by target",
            text: "filter status.code = \"ERROR\" or `attributes.http.response.status_code` >= 500 \
                 | stats count(*) as errors by `resource.attributes.service.name`, name | sort errors desc".to_owned(),
        },
        SavedInsightsQuery {
            name: "errors over time",
            text: "filter @message like /(?i)\\b(error|fatal|critical)\\b|\"isError\": ?true/ \
                 | stats count(*) as errors by bin(1m)".to_owned(),
        },
        SavedInsightsQuery {
            name: "calls over time",
            text: "filter name like /InvokeTool$/ \
                 | stats count(*) as calls, max(`attributes.latency_ms`) as slowest_ms by bin(1m)".to_owned(),
        },
        SavedInsightsQuery {
            name: "one session",
            text: format!(
                "fields @timestamp, @log, @logStream, @message | filter @message like \"{session}\" \
                 | sort @timestamp asc | limit 1000"
            ),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_of_the_line_is_in_its_query() {
        let queries = saved_queries(Some("ee86c-87ae"));
        assert_eq!(queries[0].name, "slow tools");
        assert!(queries[4].text.contains("like \"ee86c-87ae\""));
        assert!(saved_queries(None)[4].text.contains(ANY_SESSION));
    }
}

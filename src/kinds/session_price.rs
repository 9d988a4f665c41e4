//! What a session of a runtime costs while nobody calls it.
//!
//! Source: awslabs/agentcore-samples, `05-measure-your-runtime` (September 2026, us-east-1): the whole session is billed, the time in
//! which it waits included; memory for as long as it is held, processors as far as they are used.

use serde_json::Value;

use crate::model::Resource;

/// Seconds after which AgentCore ends a session that nobody calls, where the runtime does not say otherwise.
const IDLE_SECONDS: u64 = 900;

/// What a session costs while nobody calls it, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdleSession {
    /// Seconds from the last call to its end.
    pub seconds: u64,
    /// Dollars for one GB of memory in that time; `None` where the price of the runtime's platform is not known.
    pub dollars_per_gb: Option<f64>,
}

/// Dollars for one GB of memory in an hour, by the runtime's platform version.
fn price_of_gb_hour(platform: &str) -> Option<f64> {
    match platform {
        "V1" => Some(0.009_45),
        "V2" => Some(0.016_9),
        _ => None,
    }
}

/// Returns what an idle session of the runtime costs, as far as its description says it.
pub fn idle_session(runtime: &Resource) -> IdleSession {
    let seconds = runtime
        .raw
        .pointer("/lifecycleConfiguration/idleRuntimeSessionTimeout")
        .and_then(Value::as_u64)
        .unwrap_or(IDLE_SECONDS);
    let platform = runtime.raw.get("platformVersion").and_then(Value::as_str);
    IdleSession {
        seconds,
        dollars_per_gb: platform
            .and_then(price_of_gb_hour)
            .map(|price| price * std::time::Duration::from_secs(seconds).as_secs_f64() / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Kind;

    fn runtime(raw: Value) -> Resource {
        Resource {
            name: "r".into(),
            status: "READY".into(),
            raw: raw.into(),
            ..Resource::new("d", Kind::Runtime, "r")
        }
    }

    #[test]
    fn an_idle_session_costs_its_memory_until_its_time_is_over() {
        let session = idle_session(&runtime(json!({
            "platformVersion": "V2", "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 1800}
        })));
        assert_eq!(session.seconds, 1800);
        assert!((session.dollars_per_gb.unwrap_or_default() - 0.008_45).abs() < 1e-9);
        let unknown = idle_session(&runtime(json!({"platformVersion": "V9"})));
        assert_eq!((unknown.seconds, unknown.dollars_per_gb), (900, None));
    }
}

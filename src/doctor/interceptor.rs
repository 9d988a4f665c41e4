//! The gateway's interceptor function: what its log says around the failing request, and whether it was invoked at all.

use super::{
    ChainStage, Evidence, HopFix, HopLine, Judgement, LineRelation, Probe,
    commands::read_group,
    details::{HopDetail, with_own_log},
    fix::UnreadLog,
    hop::{HopSpec, interceptor_log, unread_gateway},
    judgement::{Cause, unreadable},
    symptom::Symptom,
};

const LOG: &str = "the interceptor's log";

pub(super) const SPEC: HopSpec = HopSpec {
    name: "interceptor",
    short: "INT",
    title: "the gateway's interceptor function",
    stages: &[ChainStage::Interceptor],
    precedence: 100,
    judge,
    elapsed_ms: |evidence| evidence.slowest_interception(),
    awaits: |evidence| evidence.interceptor_log.is_pending() || evidence.gateway_log.is_pending(),
    explain,
    log_groups: interceptor_log,
    details,
    unread: unread_gateway,
};

/// Returns what was asked, and what came back.
fn details(evidence: &Evidence) -> Vec<HopDetail> {
    with_own_log(Vec::new(), &evidence.interceptor_log)
}

fn judge(evidence: &Evidence) -> Judgement {
    match &evidence.interceptor_log {
        Probe::NotMade(_) if evidence.works() && evidence.has_interceptor() => {
            return Judgement::ok(format!(
                "the call passed through {}",
                evidence.interceptor_name()
            ));
        }
        Probe::NotMade(why) => return Judgement::skipped(why.as_str()),
        Probe::Failed { failure, .. } => return Judgement::unknown(unreadable(failure, LOG)),
        Probe::Answered { .. } => {}
    }
    let log = &evidence.interceptor_log;
    let judged = match log.own_lines().find(|line| is_error(&line.text)) {
        Some(line) => Judgement::warning(format!("its log says: {}", line.said())),
        None if evidence.works() => Judgement::ok("invoked; its log has no errors"),
        None if log.names_request() => {
            Judgement::ok("invoked for this request; its log has no errors")
        }
        None if log.own_lines().next().is_none() => Judgement::unknown(
            "not known whether it was invoked: its log has no line since the examination began",
        ),
        // A function's own request ids are not the gateway's: its lines may be those of other calls.
        None => Judgement::unknown(
            "not known whether it was invoked: no line of its log names this request",
        ),
    };
    if evidence.secret_is_slow() {
        return judged;
    }
    judged.slow_after(evidence.slowest_interception(), "the function")
}

/// A 500 of the gateway after it began to process the request is the interceptor's: its log has the reason, or has
/// nothing because the function was never invoked. A 401 with a Basic challenge is the function's own answer.
fn explain(evidence: &Evidence, symptom: &Symptom<'_>) -> Option<Cause> {
    if matches!(evidence.interceptor_log, Probe::NotMade(_)) {
        return None;
    }
    if symptom.is_challenged_with("Basic") {
        return Some(Cause::new(
            format!("The interceptor refuses the request: {}", symptom.words()),
            "send the header that the function asks for, or let it read the secret",
            "the interceptor's answer",
        ));
    }
    if symptom.status() != Some(500) {
        return None;
    }
    let function = evidence.interceptor_name();
    let group = format!("/aws/lambda/{function}");
    let log = &evidence.interceptor_log;
    // A gateway that fails by itself invokes nothing: an error of the same time is another call's.
    let was_processed = evidence.gateway_began(symptom);
    let mut errors = log.own_lines().filter(|line| is_error(&line.text));
    let is_own = |line: &&HopLine| was_processed || line.relation == LineRelation::Named;
    if let Some(line) = errors.find(is_own) {
        return Some(Cause::new(
            format!("The interceptor fails: {}", line.said()),
            HopFix::run(
                format!("correct the function {function}; its log has the whole stack trace"),
                read_group(evidence, &group),
            ),
            LOG,
        ));
    }
    if let Some(unread) = UnreadLog::of(log, "its log") {
        return was_processed.then(|| not_known(evidence, symptom, &unread, &group));
    }
    was_processed
        .then(|| not_invoked(evidence, symptom, function))
        .flatten()
}

/// The gateway processed the request, and nothing of it is in the function's log.
fn not_invoked(evidence: &Evidence, symptom: &Symptom<'_>, function: &str) -> Option<Cause> {
    let log = &evidence.interceptor_log;
    // Only this request's own id proves that the function ran: other calls of the same seconds leave lines too.
    let was_invoked = log.names_request();
    let has_others = log.value().is_some_and(|lines| !lines.is_empty());
    (!was_invoked).then(|| {
        let silence = if log.failure().is_some() {
            "the function has no log group, which its first invocation makes"
        } else if has_others {
            "no line of the function's log names this request"
        } else {
            "the function's log has no line of it"
        };
        Cause::new(
            format!(
                "The gateway may not invoke the interceptor {function}: {}, and {silence}",
                symptom.words()
            ),
            HopFix::run(
                "let the gateway's role do lambda:InvokeFunction on it, and allow it in the function's policy",
                format!(
                    "aws lambda add-permission --function-name {function} --statement-id agentcore-gateway \
                     --action lambda:InvokeFunction --principal bedrock-agentcore.amazonaws.com"
                ),
            ),
            "HTTP 500 of the gateway and the interceptor's log",
        )
    })
}

/// Without the function's log nobody knows whether it was invoked, and whether it threw.
fn not_known(
    evidence: &Evidence,
    symptom: &Symptom<'_>,
    unread: &UnreadLog<'_>,
    group: &str,
) -> Cause {
    Cause::new(
        format!(
            "The interceptor {} answers 500 or is not invoked, and {}, so the cause is not known: {}",
            evidence.interceptor_name(),
            unread.words(),
            symptom.words()
        ),
        unread.fix(evidence, Some(group)),
        "HTTP 500 of the gateway; the interceptor's log was not read",
    )
}

/// Returns whether a function's log line reports an error.
pub(super) fn is_error(line: &str) -> bool {
    [
        "[ERROR]",
        "Task timed out",
        "Traceback",
        "Runtime.ExitError",
        "\"level\":\"ERROR\"",
        "ERROR ",
    ]
    .iter()
    .any(|mark| line.contains(mark))
}

/// Duration in milliseconds that a Lambda `REPORT` line names.
fn reported_ms(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("REPORT")?.split("Duration: ").nth(1)?;
    let millis: f64 = rest.split_whitespace().next()?.parse().ok()?;
    (millis >= 0.0).then_some(millis as u64)
}

impl Evidence {
    /// Returns the longest invocation of the interceptor during this examination, in milliseconds.
    pub(super) fn slowest_interception(&self) -> Option<u64> {
        self.interceptor_log
            .own_lines()
            .filter_map(|line| reported_ms(&line.text))
            .max()
    }

    /// Returns what is added to the words about a slow gateway whose interceptor's log was not read: the delay may be the function's.
    pub(super) fn perhaps_interceptor(&self) -> String {
        UnreadLog::of(&self.interceptor_log, "its log").map_or_else(String::new, |unread| {
            format!(
                ", or its interceptor {}: {}",
                self.interceptor_name(),
                unread.words()
            )
        })
    }

    /// Returns whether the interceptor delays every request.
    pub(super) fn interceptor_is_slow(&self) -> bool {
        self.slowest_interception()
            .is_some_and(|elapsed| elapsed >= super::judgement::SLOW_MS)
    }

    /// Returns whether the gateway has an interceptor function.
    fn has_interceptor(&self) -> bool {
        let gateways = self.gateways.value().into_iter().flatten();
        gateways
            .flat_map(|gateway| &gateway.log_groups)
            .any(|group| group.starts_with("/aws/lambda/"))
    }

    /// Name of the interceptor function, from its log group `/aws/lambda/NAME`.
    fn interceptor_name(&self) -> &str {
        let called = self.called_gateway();
        let all = self.gateways.value().into_iter().flatten();
        called
            .into_iter()
            .chain(all)
            .flat_map(|gateway| &gateway.log_groups)
            .find_map(|group| group.strip_prefix("/aws/lambda/"))
            .unwrap_or("FUNCTION")
    }

    /// Returns whether the gateway began to process the failed request: its log has a record of it, or it gave the answer a
    /// request id. A gateway that fails by itself does neither.
    pub(super) fn gateway_began(&self, symptom: &Symptom<'_>) -> bool {
        let request = symptom
            .failure
            .and_then(|failure| failure.request_id.as_deref());
        match (self.gateway_log.value(), request) {
            (Some(lines), Some(_)) if !lines.is_empty() => self.gateway_log.names_request(),
            (Some(_), None) => self
                .gateway_log
                .own_lines()
                .any(|line| line.text.contains("Failed to process")),
            (_, request) => request.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_duration_of_a_report_line_is_read_not_the_billed_one() {
        let line = "REPORT RequestId: 7 Duration: 3024.61 ms\tBilled Duration: 3025 ms\tMemory Size: 128 MB";
        assert_eq!(reported_ms(line), Some(3024));
        assert_eq!(reported_ms("END RequestId: 7 Duration: 9 ms"), None);
    }

    #[test]
    fn error_lines_of_lambda_are_recognised() {
        assert!(is_error("[ERROR] KeyError: 'password'"));
        assert!(is_error(
            "2026-11-28T20:00:00Z 7 Task timed out after 3.00 seconds"
        ));
        assert!(!is_error("X-Neo4j-Authorization present, forwarding"));
    }
}

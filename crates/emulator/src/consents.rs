//! Consent of a person to a target's provider (three-legged OAuth): requests that are open, granted and completed.

use parking_lot::Mutex;
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long an authorisation address may be used.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Where one consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The address was handed out.
    Asked,
    /// The person agreed on the page; the application has not confirmed yet.
    Granted,
    /// CompleteResourceTokenAuth came: the gateway holds a token for this user.
    Completed,
}

/// One consent.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) gateway_id: String,
    pub(crate) target_id: String,
    /// The subject of the inbound token, or a user id for implicit synchronisation.
    pub(crate) user: String,
    /// Where the browser goes after the person agreed.
    pub(crate) return_url: String,
    pub(crate) stage: Stage,
    pub(crate) asked: Timestamp,
}

/// Why CompleteResourceTokenAuth is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConsentRefusal {
    /// No such session, or it is too old.
    Unknown,
    /// The person has not agreed yet.
    NotGranted,
    /// It was requested for another user.
    OtherUser,
}

/// All consents by session URI (`urn:ietf:params:oauth:request_uri:…`).
#[derive(Debug, Default)]
pub(crate) struct Consents {
    open: Mutex<HashMap<String, Consent>>,
}

impl Consents {
    /// Opens a request under `session_uri`.
    pub(crate) fn ask(&self, session_uri: String, consent: Consent) {
        self.open.lock().insert(session_uri, consent);
    }

    /// Returns the request under that URI, unless it is too old.
    pub(crate) fn get(&self, session_uri: &str, now: Timestamp) -> Option<Consent> {
        self.open
            .lock()
            .get(session_uri)
            .filter(|consent| is_fresh(consent, now))
            .cloned()
    }

    /// The person agreed on the page; gives the request, or none where it is unknown, too old, or was used before.
    pub(crate) fn grant(&self, session_uri: &str, now: Timestamp) -> Option<Consent> {
        let mut open = self.open.lock();
        let consent = open
            .get_mut(session_uri)
            .filter(|consent| is_fresh(consent, now) && consent.stage == Stage::Asked)?;
        consent.stage = Stage::Granted;
        Some(consent.clone())
    }

    /// The person declined on the page; gives the request, which is gone, or none where it is unknown, too old, or was used before.
    pub(crate) fn decline(&self, session_uri: &str, now: Timestamp) -> Option<Consent> {
        let mut open = self.open.lock();
        let consent = open.get(session_uri)?;
        if !is_fresh(consent, now) || consent.stage != Stage::Asked {
            return None;
        }
        open.remove(session_uri)
    }

    /// The application confirms for `user`.
    pub(crate) fn complete(
        &self,
        session_uri: &str,
        user: &str,
        now: Timestamp,
    ) -> Result<Consent, ConsentRefusal> {
        let mut open = self.open.lock();
        let consent = open
            .get_mut(session_uri)
            .filter(|consent| is_fresh(consent, now))
            .ok_or(ConsentRefusal::Unknown)?;
        if consent.user != user {
            return Err(ConsentRefusal::OtherUser);
        }
        if consent.stage == Stage::Asked {
            return Err(ConsentRefusal::NotGranted);
        }
        consent.stage = Stage::Completed;
        Ok(consent.clone())
    }

    /// Returns whether this user's consent for this target was completed.
    pub(crate) fn is_completed(&self, target_id: &str, user: &str) -> bool {
        self.open.lock().values().any(|consent| {
            consent.stage == Stage::Completed
                && consent.target_id == target_id
                && consent.user == user
        })
    }

    /// Forgets what this user agreed to for this target (forced authentication).
    pub(crate) fn forget(&self, target_id: &str, user: &str) {
        self.open
            .lock()
            .retain(|_, consent| consent.target_id != target_id || consent.user != user);
    }
}

fn is_fresh(consent: &Consent, now: Timestamp) -> bool {
    consent.stage == Stage::Completed || now.duration_since(consent.asked) < LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(now: Timestamp) -> Consents {
        let consents = Consents::default();
        let consent = Consent {
            gateway_id: "g".into(),
            target_id: "t".into(),
            user: "u".into(),
            return_url: String::new(),
            stage: Stage::Asked,
            asked: now,
        };
        consents.ask("urn:1".into(), consent);
        consents
    }

    #[test]
    fn a_declined_request_cannot_be_granted_or_confirmed() {
        let now = Timestamp::UNIX_EPOCH;
        let consents = asked(now);
        assert!(consents.decline("urn:1", now).is_some());
        assert!(consents.decline("urn:1", now).is_none());
        assert!(consents.grant("urn:1", now).is_none());
        assert_eq!(
            consents.complete("urn:1", "u", now).unwrap_err(),
            ConsentRefusal::Unknown
        );
        let granted = asked(now);
        granted.grant("urn:1", now);
        assert!(granted.decline("urn:1", now).is_none(), "it was agreed to");
    }

    #[test]
    fn follows_the_three_legs() {
        let now = Timestamp::UNIX_EPOCH;
        let consents = asked(now);
        assert_eq!(
            consents.complete("urn:1", "u", now).unwrap_err(),
            ConsentRefusal::NotGranted
        );
        assert!(consents.grant("urn:1", now).is_some());
        assert!(
            consents.grant("urn:1", now).is_none(),
            "the address is for single use"
        );
        assert_eq!(
            consents.complete("urn:1", "v", now).unwrap_err(),
            ConsentRefusal::OtherUser
        );
        assert_eq!(
            consents.complete("urn:1", "u", now + LIFETIME).unwrap_err(),
            ConsentRefusal::Unknown
        );
        assert!(consents.complete("urn:1", "u", now).is_ok());
        assert!(consents.is_completed("t", "u"));
        consents.forget("t", "u");
        assert!(!consents.is_completed("t", "u"));
    }
}

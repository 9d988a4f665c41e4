//! Shows a person the address to sign in at: in the browser of this machine, and in words for those whose browser is on another one.

use crate::{
    net::browser,
    services::sign_in::{SignInNotice, SignIns},
};

/// Announces the address and opens it in the browser, if there is one. It does not wait for the browser to end.
pub(in crate::services) fn open(sign_ins: &SignIns, address: &str) {
    sign_ins.announce(SignInNotice::Address(address));
    browser::start(address);
}

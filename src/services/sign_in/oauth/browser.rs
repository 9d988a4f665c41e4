//! Shows a person the address to sign in at: in `$BROWSER`, and in words for those whose browser is on another machine.

use std::process::Stdio;

use crate::services::sign_in::{SignInNotice, SignIns};

/// Announces the address and opens it in `$BROWSER`, if that is set. It does not wait for the browser to end.
pub(in crate::services) async fn open(sign_ins: &SignIns, address: &str) {
    sign_ins.announce(SignInNotice::Address(address));
    let Some(browsers) = std::env::var("BROWSER")
        .ok()
        .filter(|text| !text.trim().is_empty())
    else {
        return;
    };
    // Several browsers are separated by colons, as in Debian's and Python's use of the variable.
    for browser in browsers
        .split(':')
        .filter(|browser| !browser.trim().is_empty())
    {
        if spawn(browser, address) {
            return;
        }
    }
}

fn spawn(browser: &str, address: &str) -> bool {
    let mut words = browser.split_whitespace();
    let Some(program) = words.next() else {
        return false;
    };
    let mut arguments: Vec<String> = words.map(|word| word.replace("%s", address)).collect();
    if !browser.contains("%s") {
        arguments.push(address.to_owned());
    }
    let started = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut child) => {
            // Waiting in the background keeps it from becoming a zombie.
            tokio::spawn(async move {
                let _ = child.wait().await;
            });
            true
        }
        Err(error) => {
            tracing::info!(%error, program, "the browser could not be started");
            false
        }
    }
}

//! The browser of this machine: `$BROWSER`, or the desktop's own way to open an address.

use std::process::{Command, Stdio};

/// Opens an address without waiting for the browser to end. Returns `false` if no browser could be started, as on a machine
/// without a desktop.
pub(super) fn start(address: &str) -> bool {
    let configured = std::env::var("BROWSER").unwrap_or_default();
    let has_desktop = cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    // Several browsers are separated by colons, as in Debian's and Python's use of the variable.
    configured
        .split(':')
        .filter(|browser| !browser.trim().is_empty())
        .chain(has_desktop.then_some(opener))
        .any(|browser| spawn(browser, address))
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
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(mut child) => {
            // Waiting in the background keeps it from becoming a zombie.
            std::thread::spawn(move || {
                let _ = child.wait();
            });
            true
        }
        Err(error) => {
            tracing::info!(%error, program, "the browser could not be started");
            false
        }
    }
}

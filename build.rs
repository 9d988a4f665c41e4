//! Asks the linker to pack relative relocations where the C library of this machine reads them.
//!
//! A position-independent program of this size has some 86,000 addresses that the dynamic loader adds a base to before `main`.
//! Packed (RELR) they take 2 MB less in the file, and the start is shorter. glibc reads them from 2.36 on, and a program that
//! has them does not start with an older one: they are used only where the program is built on the machine that will run it, and
//! left out where `AGENTCORE_PORTABLE` is set, as `scripts/release` does.

use std::{env, process::Command};

/// The first version of glibc that reads packed relocations.
const GLIBC: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=AGENTCORE_PORTABLE");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_native = env::var("HOST").ok() == env::var("TARGET").ok();
    let is_glibc = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    let is_portable = env::var_os("AGENTCORE_PORTABLE").is_some();
    if is_native && is_glibc && !is_portable && glibc().is_some_and(|found| found >= GLIBC) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Returns the version of this machine's glibc.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.split_whitespace().nth(1)?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

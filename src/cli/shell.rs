//! `completions` and `man`: both computed from the command line's own definition.

use std::io::{self, Write as _};

use clap::{Command as Definition, CommandFactory as _};

use super::{arguments::Arguments, outcome::CliResult};

/// Prints completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> CliResult {
    let mut definition = Arguments::command();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definition, "agentcore-console", &mut text);
    Ok(io::stdout().lock().write_all(&text)?)
}

/// Prints the manual page: one page with every command.
pub(crate) fn manual() -> CliResult {
    Ok(io::stdout().lock().write_all(&page()?)?)
}

fn page() -> io::Result<Vec<u8>> {
    let definition = Arguments::command();
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(definition.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    page.extend(b".SH COMMANDS\n");
    for command in definition
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        describe(command, "agentcore-console", &mut page)?;
    }
    page.extend(REST.as_bytes());
    Ok(page)
}

/// Returns one command with its flags, and those below it.
fn describe(command: &Definition, above: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let name = format!("{above} {}", command.get_name());
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let usage = usage_of(command, &name);
    writeln!(
        page,
        ".SS {}\n{}\n.PP\n\\fB{}\\fR",
        escaped(&name),
        escaped(&about),
        escaped(&usage)
    )?;
    for argument in command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
    {
        describe_argument(argument, page)?;
    }
    if let Some(after) = command.get_after_help() {
        writeln!(page, ".PP\n.nf\n{}\n.fi", escaped(&after.to_string()))?;
    }
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help" && !below.is_hide_set())
    {
        describe(below, &name, page)?;
    }
    Ok(())
}

/// Returns one paragraph: how the argument is written, its help and its default.
fn describe_argument(argument: &clap::Arg, page: &mut Vec<u8>) -> io::Result<()> {
    let values: Vec<String> = argument
        .get_value_names()
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let takes = argument.get_action().takes_values();
    let value = if takes {
        format!(" {}", values.join(" "))
    } else {
        String::new()
    };
    let flag = match (argument.get_short(), argument.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}{value}"),
        (None, Some(long)) => format!("--{long}{value}"),
        (Some(short), None) => format!("-{short}{value}"),
        (None, None) => values.join(" "),
    };
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let defaults: Vec<&str> = argument
        .get_default_values()
        .iter()
        .filter_map(|value| value.to_str())
        .collect();
    let is_shown = takes && !argument.is_hide_default_value_set() && !defaults.is_empty();
    let default = if is_shown {
        format!(" [default: {}]", defaults.join(" "))
    } else {
        String::new()
    };
    writeln!(
        page,
        ".TP\n\\fB{}\\fR\n{}",
        escaped(&flag),
        escaped(&format!("{help}{default}"))
    )
}

/// `agentcore-console describe [OPTIONS] <KIND> <ID>`.
fn usage_of(command: &Definition, name: &str) -> String {
    let rendered = command.clone().bin_name(name).render_usage().to_string();
    rendered.trim_start_matches("Usage:").trim().to_owned()
}

/// Text that roff takes as text.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('-', "\\-");
    text.lines()
        .map(|line| {
            if line.starts_with(['.', '\'']) {
                format!("\\&{line}")
            } else {
                line.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

const REST: &str = r".SH EXIT STATUS
.TP
0
done
.TP
1
the answer is no: a tool reported an error, a wait ran out, a hop failed
.TP
2
usage or configuration
.TP
3
sign\-in
.TP
4
refused by AWS or by read\-only mode
.TP
5
network or time\-out
.SH ENVIRONMENT
.TP
AGENTCORE_CONFIG, AGENTCORE_DEPLOYMENT, AGENTCORE_GRAPHICS, AGENTCORE_READ_ONLY, AGENTCORE_THEME, AGENTCORE_TIMEOUT
as the flags of the same name, which go over them
.TP
AGENTCORE_LOG
a file to write a log to; AGENTCORE_LOG_LEVEL says of what
.TP
AGENTCORE_BEARER_TOKEN, AGENTCORE_USERNAME, AGENTCORE_PASSWORD, AGENTCORE_CLIENT_ID, AGENTCORE_CLIENT_SECRET, AGENTCORE_TOKEN_URL, AGENTCORE_SCOPE
what \fB\-\-sign\-in\fR needs beyond the configuration
.TP
NO_COLOR
no colours
.SH FILES
.TP
\fI~/.config/agentcore\-console/config.toml\fR
the configuration; \fBagentcore\-console config example\fR prints a documented one
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_and_flag_is_in_the_manual() {
        let page = String::from_utf8(page().unwrap()).unwrap();
        let definition = Arguments::command();
        for command in definition
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
        {
            assert!(
                page.contains(&format!(
                    ".SS agentcore\\-console {}",
                    escaped(command.get_name())
                )),
                "{}",
                command.get_name()
            );
            for long in command
                .get_arguments()
                .filter_map(|argument| argument.get_long())
            {
                assert!(
                    page.contains(&escaped(&format!("--{long}"))),
                    "{} --{long}",
                    command.get_name()
                );
            }
        }
    }
}

//! What the README tells its readers to type is what the program takes.

use std::{fs, path::Path};

use agentcore_console::config;

use crate::world::Console;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The lines within the code blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut within = false;
    for line in readme().lines() {
        if let Some(fence) = line.strip_prefix("```") {
            within = !within && fence == language;
        } else if within {
            found.push(line.to_owned());
        }
    }
    found
}

/// Words of a command line, with quoted ones whole and without a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for character in line.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' if !quoted && word.is_none() => break,
            ' ' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.into_iter().chain(word).collect()
}

#[test]
fn every_command_of_the_readme_is_one_that_the_program_takes() {
    let console = Console::bare();
    let lines = blocks("sh");
    let commands: Vec<Vec<String>> = lines
        .iter()
        .filter_map(|line| {
            let words = words(line);
            match words
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice()
            {
                ["agentcore-console", rest @ ..] | ["cargo", "run", "--", rest @ ..] => {
                    Some(rest.iter().map(|word| (*word).to_owned()).collect())
                }
                _ => None,
            }
        })
        .collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        // Help is printed only where everything before it was understood.
        let arguments: Vec<&str> = command
            .iter()
            .map(String::as_str)
            .chain(["--help"])
            .collect();
        console.run(&arguments).exits(0);
    }
}

#[test]
fn the_configuration_of_the_readme_is_one_without_problems() {
    let text = blocks("toml").join("\n");
    let (config, problems) = config::parse(&text, &|| None);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(config.deployments.len(), 1);
}

//! `sameca man`: a manual page for the program and for each subcommand, made of the same words as `--help`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::args::{Cli, ManArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Destination;

/// Prints a page, or writes all of them.
pub(super) fn run(args: &ManArgs) -> Result<Exit> {
    let mut program = Cli::command();
    program.build();
    match &args.all {
        Some(folder) => write_all(&program, folder)?,
        None => {
            let command = named(&program, &args.subcommand)?;
            Destination::open(None)?.write(|out| page(command, out))?;
        }
    }
    Ok(Exit::Same)
}

/// The subcommand that a path of names leads to.
fn named<'a>(program: &'a Command, names: &[String]) -> Result<&'a Command> {
    names.iter().try_fold(program, |command, name| {
        match shown(command).find(|subcommand| subcommand.get_name() == name) {
            Some(subcommand) => Ok(subcommand),
            None => bail!("there is no page for `{name}`{}", others(command)),
        }
    })
}

fn others(command: &Command) -> String {
    let names: Vec<_> = shown(command).map(Command::get_name).collect();
    match names.as_slice() {
        [] => format!(": `{}` has no subcommands", title(command)),
        names => format!("; there is one for {}", names.join(", ")),
    }
}

/// Writes the page of a command and those of all below it.
fn write_all(command: &Command, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let file = folder.join(format!("{}.1", title(command)));
    Destination::open(Some(&file))?.write(|out| page(command, out))?;
    shown(command).try_for_each(|subcommand| write_all(subcommand, folder))
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|subcommand| !subcommand.is_hide_set())
}

/// `sameca-estate-check`: what the page is called.
fn title(command: &Command) -> &str {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    // The program's description goes on with examples, which have a section of their own.
    let about = command.get_about().map(ToString::to_string);
    let about = about.unwrap_or_default();
    let (about, more) = about.split_once("\n\n").unwrap_or((&about, ""));
    let man = Man::new(command.clone().about(about.to_owned()))
        .source(concat!("sameca ", env!("CARGO_PKG_VERSION")))
        .manual("sameca manual");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if shown(command).next().is_some() {
        man.render_subcommands_section(out)?;
    }
    let after = command.get_after_long_help().or(command.get_after_help());
    let after = after.map(ToString::to_string).unwrap_or_default();
    let mut sections = Sections(Roff::new());
    sections.given("Examples:", more);
    sections.of(&after);
    sections.see_also(command);
    sections.0.to_writer(out)
}

/// The sections that are made of what stands below the options in `--help`.
struct Sections(Roff);

impl Sections {
    /// A paragraph that begins with `Examples:` or `Exit codes:` begins a section, and others go on with it.
    fn of(&mut self, help: &str) {
        let mut heading = "Notes:";
        for paragraph in help.split("\n\n") {
            let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
            if first.ends_with(':') && !first.starts_with(' ') {
                heading = first;
                self.given(heading, rest);
            } else {
                self.given(heading, paragraph);
            }
        }
    }

    /// Text as it is, in lines, under a heading.
    fn given(&mut self, heading: &str, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let heading = match heading {
            "Example:" | "Examples:" => "EXAMPLES".to_owned(),
            "Exit codes:" => "EXIT STATUS".to_owned(),
            other => other.trim_end_matches(':').to_uppercase(),
        };
        self.0.control("SH", [heading.as_str()]);
        self.0.control("nf", []);
        for line in text.lines() {
            self.0
                .text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        self.0.control("fi", []);
    }

    /// The pages beside this one.
    fn see_also(&mut self, command: &Command) {
        let parent = title(command).rsplit_once('-').map(|(parent, _)| parent);
        let below = shown(command).map(title);
        let pages: Vec<_> = parent
            .into_iter()
            .chain(below)
            .map(|page| format!("{page}(1)"))
            .collect();
        self.0.control("SH", ["SEE ALSO"]);
        self.0.text([roman(pages.join(", "))]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Vec<(String, String)> {
        fn walk(command: &Command, pages: &mut Vec<(String, String)>) {
            let mut text = Vec::new();
            page(command, &mut text).expect("memory takes it");
            let text = String::from_utf8(text).expect("a page is UTF-8");
            pages.push((title(command).to_owned(), text));
            shown(command).for_each(|subcommand| walk(subcommand, pages));
        }
        let mut program = Cli::command();
        program.build();
        let mut pages = Vec::new();
        walk(&program, &mut pages);
        pages
    }

    #[test]
    fn every_page_has_the_sections_that_a_reader_looks_for() {
        let pages = pages();
        assert!(pages.len() > 10, "{}", pages.len());
        for (name, page) in &pages {
            for section in [
                "NAME",
                "SYNOPSIS",
                "OPTIONS",
                "EXAMPLES",
                "EXIT STATUS",
                "SEE ALSO",
            ] {
                let headings = page.lines().filter_map(|line| line.strip_prefix(".SH "));
                let found = headings.filter(|heading| heading.trim_matches('"') == section);
                assert_eq!(
                    found.count(),
                    1,
                    "{name} has one section {section}:\n{page}"
                );
            }
        }
    }

    #[test]
    fn the_name_is_one_line_and_the_examples_stand_apart() {
        let pages = pages();
        let (_, page) = &pages[0];
        let name = page.split(".SH ").nth(1).expect("a first section");
        let text = name.lines().skip(1).filter(|line| !line.starts_with('.'));
        assert_eq!(text.count(), 1, "{name}");
        let examples = page.split(".SH EXAMPLES").nth(1).expect("examples");
        assert!(
            examples.starts_with("\n.nf\nsameca check \\-\\-front\\-end"),
            "{examples}"
        );
    }

    #[test]
    fn what_is_a_command_of_the_typesetter_is_text() {
        let mut sections = Sections(Roff::new());
        sections.of("Examples:\n  .so /etc/passwd\n  'br\n  a \\\n\n  second");
        let text = sections.0.to_roff();
        assert!(text.contains("\\&.so"), "{text}");
        assert!(text.contains("\\&'br"), "{text}");
        assert!(text.contains("a \\\\") || text.contains("a \\e"), "{text}");
    }

    #[test]
    fn a_page_that_is_not_there_is_said_with_those_that_are() {
        let mut program = Cli::command();
        program.build();
        let error = named(&program, &["chekc".to_owned()]).expect_err("there is none");
        assert!(
            error.to_string().contains("there is one for check, show"),
            "{error}"
        );
        let deeper = ["check".to_owned(), "estate".to_owned()];
        let error = named(&program, &deeper).expect_err("there is none");
        assert!(
            error
                .to_string()
                .contains("`sameca-check` has no subcommands"),
            "{error}"
        );
        let found = named(&program, &["estate".to_owned(), "check".to_owned()]).expect("a page");
        assert_eq!(title(found), "sameca-estate-check");
    }
}

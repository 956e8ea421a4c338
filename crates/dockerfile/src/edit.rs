//! Edits: pinned versions, one upgrade step, and the image it is built on.

use crate::diff;
use crate::parse::{Dockerfile, Instruction, Stage};
use crate::words::{Word, commands};
use std::collections::{BTreeMap, BTreeSet};

/// A package that is to be installed in another version.
#[derive(Clone, Copy, Debug)]
pub struct Pin<'a> {
    /// Its name as its installer takes it.
    pub name: &'a str,
    /// What stands between name and version: `==`, `@`, `=`.
    pub separator: &'a str,
    /// The version that is installed.
    pub installed: &'a str,
    /// The version to install.
    pub target: &'a str,
    /// Commands that take names without versions, by their first two words.
    pub installers: &'a [(&'a str, &'a str)],
    /// Whether two spellings are one name.
    pub same: fn(&str, &str) -> bool,
    /// A step that upgrades what is there can do it, too.
    pub in_step: bool,
}

/// A step that upgrades packages of the operating system.
pub struct Step<'a> {
    /// The command line for these pins, by their index; `None` where there is
    /// none.
    pub command: &'a dyn Fn(&[usize]) -> Option<String>,
    /// The package manager, by which the place for the step is found.
    pub manager: &'a str,
    /// Pins of packages that came with the image it is built on.
    pub inherited: &'a dyn Fn(usize) -> bool,
    /// Whether the image it is built on runs its steps as root.
    pub as_root: bool,
}

/// Why a pin was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// No line installs it by name.
    NotNamed,
    /// There is no command that upgrades it.
    NoCommand,
    /// The step would have to run as somebody else than root.
    NotRoot,
    /// There is no image that it is built on.
    Scratch,
}

impl Left {
    /// One line for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Left::NotNamed => "no line of it installs that by name and version",
            Left::NoCommand => "no command is known that upgrades it",
            Left::NotRoot => "the step would not run as root",
            Left::Scratch => "it is built on no image",
        }
    }
}

/// An edited Dockerfile.
#[derive(Clone, Debug)]
pub struct Patch {
    new: Vec<String>,
    old: Vec<String>,
    changes: BTreeMap<usize, diff::Change>,
    /// Pins that were left out, by index.
    pub left: BTreeMap<usize, Left>,
}

impl Patch {
    /// The text after the edits.
    pub fn text(&self) -> String {
        self.new.concat()
    }

    /// What changed, as `diff -u` writes it; empty where nothing did.
    pub fn diff(&self, name: &str) -> String {
        diff::unified(&self.old, &self.changes, name)
    }
}

impl Dockerfile {
    /// Pins what lines name, upgrades the rest in one step where that can be
    /// done, and builds on `base` where one is given.
    pub fn patch(&self, pins: &[Pin<'_>], step: &Step<'_>, base: Option<&str>) -> Patch {
        let mut changes: BTreeMap<usize, diff::Change> = BTreeMap::new();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut replace = |word: &Word, text: &str| {
            let change = changes.entry(word.line).or_default();
            change.replace(&self.lines[word.line], word.start, &word.text, text);
        };
        let chain = self.chain();
        for (at, instruction) in self.runs() {
            let of_image = chain.iter().any(|stage| stage.instructions.contains(&at));
            let words = self.words(instruction);
            for command in commands(&words) {
                for word in command {
                    for (index, pin) in pins.iter().enumerate() {
                        if let Some(text) = pin.wanted(word, command, of_image) {
                            replace(word, &text);
                            done.insert(index);
                            break;
                        }
                    }
                }
            }
        }
        if let (Some(base), Some(root)) = (base, chain.last()) {
            let words = self.words(&self.instructions[root.instructions.start]);
            let image = words.iter().skip(1).find(|word| word.text == root.image);
            if let Some(word) = image.filter(|word| !word.text.contains('$')) {
                replace(word, base);
            }
        }
        let mut left = BTreeMap::new();
        let mut rest = Vec::new();
        for (index, pin) in pins.iter().enumerate().filter(|(i, _)| !done.contains(i)) {
            match pin.in_step {
                true => rest.push(index),
                false => {
                    left.insert(index, Left::NotNamed);
                }
            }
        }
        if !rest.is_empty() {
            match self.step(&chain, &rest, step) {
                Ok((line, command)) => {
                    let end = match self.lines.first() {
                        Some(line) if line.ends_with("\r\n") => "\r\n",
                        _ => "\n",
                    };
                    let change = changes.entry(line).or_default();
                    change.added.push(format!("RUN {command}{end}"));
                }
                Err(why) => left.extend(rest.into_iter().map(|index| (index, why))),
            }
        }
        Patch {
            new: diff::apply(&self.lines, &changes),
            old: self.lines.clone(),
            changes,
            left,
        }
    }

    /// `RUN` instructions in the form of the shell.
    fn runs(&self) -> impl Iterator<Item = (usize, &Instruction)> {
        let all = self.instructions.iter().enumerate();
        all.filter(|(_, instruction)| {
            let words = self.words(instruction);
            let exec = words.get(1).is_some_and(|word| word.text.starts_with('['));
            instruction.keyword == "RUN" && !instruction.has_heredoc() && !exec
        })
    }

    /// After which line the step stands, and its command.
    fn step(
        &self,
        chain: &[&Stage],
        pins: &[usize],
        step: &Step<'_>,
    ) -> Result<(usize, String), Left> {
        let root = chain.last().ok_or(Left::Scratch)?;
        if root.image.eq_ignore_ascii_case("scratch") {
            return Err(Left::Scratch);
        }
        let command = (step.command)(pins).ok_or(Left::NoCommand)?;
        // What own layers installed is there after the last of them only.
        let own = !pins.iter().all(|&pin| (step.inherited)(pin));
        let installs = |at: &usize| {
            let words = self.words(&self.instructions[*at]);
            let mut commands = commands(&words);
            commands.any(|command| command.first().is_some_and(|w| w.text == step.manager))
        };
        let run = |stage: &&Stage| {
            let runs = stage.instructions.clone().rev();
            runs.filter(|&at| self.instructions[at].keyword == "RUN")
                .find(installs)
        };
        let after = match own {
            true => chain.iter().find_map(run),
            false => None,
        };
        let after = after.unwrap_or(root.instructions.start);
        let users = chain
            .iter()
            .rev()
            .flat_map(|stage| stage.instructions.clone());
        let users: Vec<usize> = users
            .filter(|&at| self.instructions[at].keyword == "USER")
            .collect();
        let user = users.iter().rev().find(|&&at| at < after);
        let as_root = match user {
            Some(&at) => {
                let words = self.words(&self.instructions[at]);
                let user = words.get(1).map(|word| word.text.as_str());
                user.is_some_and(|user| matches!(user.split(':').next(), Some("root" | "0")))
            }
            None => step.as_root || !users.is_empty(),
        };
        match as_root {
            true => Ok((self.instructions[after].end, command)),
            false => Err(Left::NotRoot),
        }
    }
}

impl Pin<'_> {
    /// What a word of a command should be instead.
    fn wanted(&self, word: &Word, command: &[Word], of_image: bool) -> Option<String> {
        let text = &word.text;
        let named = text.rsplit_once(self.separator);
        if let Some((name, version)) = named.filter(|(name, _)| !name.is_empty()) {
            let same = (self.same)(name, self.name) && version == self.installed;
            return same.then(|| format!("{name}{}{}", self.separator, self.target));
        }
        // A name alone says nothing of which version another stage installs.
        let is_name = of_image && (self.same)(text, self.name);
        (is_name && self.installs(command))
            .then(|| format!("{text}{}{}", self.separator, self.target))
    }

    fn installs(&self, command: &[Word]) -> bool {
        let mut words = command.iter().map(|word| word.text.as_str());
        let first = words
            .next()
            .map(|word| word.rsplit('/').next().unwrap_or(word));
        let second = words.find(|word| !word.starts_with('-'));
        let (Some(first), Some(second)) = (first, second) else {
            return false;
        };
        self.installers.contains(&(first, second))
    }
}

#[cfg(test)]
mod tests;

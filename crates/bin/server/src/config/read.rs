//! Reads settings one by one, so that one that is wrong does not hide the next.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::str::FromStr;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use kernel::Secret;

/// What every variable of ours begins with.
const PREFIX: &str = "HOLDFAST_";
/// Names the configuration file itself; read by the command line.
const FILE_VARIABLE: &str = "HOLDFAST_CONFIG";

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting, as in the file.
    pub setting: String,
    /// What is wrong with it.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl Problem {
    /// The variable that sets the same.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.setting.to_ascii_uppercase().replace('.', "__"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) {}. {}", self.setting, self.variable(), self.what, self.mend)
    }
}

/// All that is wrong, one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "The configuration has {count} problem{}:", if count == 1 { "" } else { "s" })?;
        self.0.iter().try_for_each(|problem| writeln!(f, "- {problem}"))
    }
}

impl std::error::Error for Problems {}

/// Reads settings and gathers problems.
pub(super) struct Reader {
    settings: Figment,
    known: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn new(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut reader = Self { settings: Figment::new(), known: BTreeSet::new(), problems: Vec::new() };
        if let Some(path) = file {
            reader.read_file(path);
        }
        let mut dict = Dict::new();
        for (name, text) in env {
            if let Some(key) = name.strip_prefix(PREFIX).filter(|_| name != FILE_VARIABLE) {
                let path: Vec<String> = key.split("__").map(str::to_ascii_lowercase).collect();
                insert(&mut dict, &path, text);
            }
        }
        reader.settings = reader.settings.merge(Serialized::globals(dict));
        reader
    }

    fn read_file(&mut self, path: &Path) {
        let name = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return self.problem(
                    "config",
                    format!("{name} cannot be read: {error}"),
                    "Name a file that is there.",
                );
            }
        };
        let file = Figment::from(Toml::string(&text));
        if let Err(error) = file.extract::<Dict>() {
            // The parser's words may quote the line, and the line may hold a secret: only where it is is
            // told.
            let place = error.to_string().lines().next().map(safe_place).unwrap_or_default();
            return self.problem(
                "config",
                format!("{name} is not TOML{place}"),
                "Mend the file at that place.",
            );
        }
        let open = fs::metadata(path).is_ok_and(|m| m.mode() & 0o007 != 0);
        if open && file.contains("database.url") {
            let what = format!("is in {name}, which every user of this machine can read");
            self.problem("database.url", what, "chmod o-rwx the file, or use the environment.");
        }
        self.settings = file;
    }

    pub(super) fn problem(&mut self, setting: &str, what: impl Into<String>, mend: impl Into<String>) {
        self.problems.push(Problem { setting: setting.to_owned(), what: what.into(), mend: mend.into() });
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.settings.contains(name)
    }

    fn value(&mut self, name: &'static str) -> Option<Value> {
        self.known.insert(name);
        self.settings.find_value(name).ok()
    }

    /// A setting that has no default.
    pub(super) fn some<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &'static str,
        mend: &str,
    ) -> Option<T> {
        let value = self.value(name)?;
        let parsed = match scalar(&value) {
            None => Err("must be a single value".to_owned()),
            Some(text) if text.trim().is_empty() => Err("is empty".to_owned()),
            Some(text) => text.trim().parse().map_err(|e| format!("is not right ({e})")),
        };
        parsed.map_err(|what| self.problem(name, what, mend)).ok()
    }

    /// A setting with a default.
    pub(super) fn one<T>(&mut self, name: &'static str, mend: &str, default: impl FnOnce() -> T) -> T
    where
        T: FromStr<Err: fmt::Display>,
    {
        self.some(name, mend).unwrap_or_else(default)
    }

    /// A whole number in a range.
    pub(super) fn number<T>(&mut self, name: &'static str, range: RangeInclusive<T>, default: T) -> T
    where
        T: FromStr<Err: fmt::Display> + PartialOrd + fmt::Display,
    {
        let mend = format!("Write a whole number from {} to {}.", range.start(), range.end());
        match self.some::<T>(name, &mend) {
            Some(number) if !range.contains(&number) => {
                self.problem(name, format!("is {number}"), mend);
                default
            }
            Some(number) => number,
            None => default,
        }
    }

    /// A list: an array in the file, text with commas in the environment.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        mend: &str,
        default: impl FnOnce() -> Vec<T>,
    ) -> Vec<T>
    where
        T: FromStr<Err: fmt::Display>,
    {
        let Some(value) = self.value(name) else { return default() };
        let texts: Vec<Option<String>> = match &value {
            Value::Array(_, values) => values.iter().map(scalar).collect(),
            other => match scalar(other) {
                Some(text) => {
                    text.split(',').filter(|t| !t.trim().is_empty()).map(|t| Some(t.to_owned())).collect()
                }
                None => vec![None],
            },
        };
        let mut list = Vec::new();
        let before = self.problems.len();
        for text in texts {
            match text.ok_or_else(|| "must be a list of texts".to_owned()).and_then(|text| {
                let bad = |e: T::Err| format!("has {text:?}, which is not right ({e})");
                text.trim().parse().map_err(bad)
            }) {
                Ok(item) => list.push(item),
                Err(what) => self.problem(name, what, mend),
            }
        }
        // With a problem of its own it is not judged any further.
        if self.problems.len() > before { default() } else { list }
    }

    /// A secret. What is wrong with it is told without telling it.
    pub(super) fn secret(&mut self, name: &'static str, mend: &str) -> Option<Secret> {
        match self.value(name).as_ref().and_then(scalar) {
            Some(text) if !text.trim().is_empty() => Some(Secret::new(text.trim())),
            _ => {
                self.problem(name, "is empty", mend);
                None
            }
        }
    }

    /// All problems, those of settings that nobody asked for included.
    pub(super) fn finish(mut self) -> Problems {
        let mut set = Vec::new();
        if let Ok(dict) = self.settings.extract::<Dict>() {
            leaves("", &dict, &mut set);
        }
        for name in set {
            if self.known.contains(name.as_str()) {
                continue;
            }
            let nearest = self.known.iter().map(|known| (distance(known, &name), *known)).min();
            let mend = match nearest {
                Some((far, known)) if far <= 1 + name.len() / 4 => format!("Did you mean {known}?"),
                _ => "Remove it.".to_owned(),
            };
            self.problem(&name, "is no setting of Holdfast", mend);
        }
        Problems(self.problems)
    }
}

/// Reads a secret from a file of its own that only its owner can read.
pub(super) fn read_secret(
    r: &mut Reader,
    name: &'static str,
    path: &Path,
    shortest: usize,
) -> Option<Secret> {
    let shown = path.display();
    let mend = match shortest {
        0..=1 => "Put the secret into the file, readable by the server's user only.".to_owned(),
        _ => format!(
            "Put at least {shortest} random characters into the file, readable by the server's user only."
        ),
    };
    let secret = match fs::read_to_string(path) {
        Ok(text) => Secret::new(text.trim()),
        Err(error) => {
            r.problem(name, format!("{shown} cannot be read: {error}"), mend);
            return None;
        }
    };
    if fs::metadata(path).is_ok_and(|m| m.mode() & 0o007 != 0) {
        r.problem(
            name,
            format!("{shown} can be read by every user of this machine"),
            format!("chmod 600 {shown}."),
        );
    }
    let text = secret.reveal();
    let varied = text.chars().collect::<BTreeSet<_>>().len() * 4 > shortest.min(32);
    if text.is_empty() || text.len() < shortest || !varied {
        r.problem(name, format!("{shown} holds no secret, or a weak one"), mend);
        return None;
    }
    Some(secret)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, b) => Some(b.to_string()),
        Value::Num(_, n) => n.to_i128().map(|n| n.to_string()).or_else(|| n.to_f64().map(|n| n.to_string())),
        _ => None,
    }
}

fn insert(dict: &mut Dict, path: &[String], text: String) {
    match path {
        [] => {}
        [last] => {
            dict.insert(last.clone(), Value::from(text));
        }
        [first, rest @ ..] => {
            let mut inner = match dict.remove(first) {
                Some(Value::Dict(_, inner)) => inner,
                _ => Dict::new(),
            };
            insert(&mut inner, rest, text);
            dict.insert(first.clone(), Value::from(inner));
        }
    }
}

fn leaves(prefix: &str, dict: &Dict, found: &mut Vec<String>) {
    for (key, value) in dict {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) => leaves(&name, inner, found),
            _ => found.push(name),
        }
    }
}

/// The line number in a parser's message, if it tells one.
fn safe_place(message: &str) -> String {
    let line = message
        .split("line ")
        .nth(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    line.filter(|digits| !digits.is_empty()).map(|digits| format!(" (line {digits})")).unwrap_or_default()
}

/// How many letters differ (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

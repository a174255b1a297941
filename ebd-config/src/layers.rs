//! The layers of configuration, and how a value is found in them.

use std::collections::BTreeMap;

use super::assignments::Assigned;
use super::error::{ConfigProblem, ConfigWarning};
use super::names;
use super::origin::{Layer, Origin, Setting};

/// The text of a variable in one layer, in the pieces that it was put together from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pieces: Vec<(String, Origin)>,
}

/// The variables of one layer.
pub(crate) type Vars = BTreeMap<String, Text>;

/// All layers. A variable's value is that of the last one that has it, unless it accumulates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    pub(crate) env_d: Vars,
    pub(crate) repository: Vars,
    pub(crate) features: Vars,
    pub(crate) ebuild: Vars,
    pub(crate) globals: Vars,
    pub(crate) profile: Vars,
    pub(crate) conf: Vars,
    pub(crate) package: Vars,
    pub(crate) environment: Vars,
    /// What ebd found out; beats everything.
    pub(crate) derived: BTreeMap<String, Setting>,
}

impl Text {
    pub(crate) fn new(text: impl Into<String>, origin: Origin) -> Self {
        Self {
            pieces: vec![(text.into(), origin)],
        }
    }

    pub(crate) fn value(&self) -> String {
        let pieces: Vec<_> = self.pieces.iter().map(|(text, _)| text.as_str()).collect();
        pieces.join(" ")
    }

    pub(crate) fn push(&mut self, text: impl Into<String>, origin: Origin) {
        self.pieces.push((text.into(), origin));
    }

    pub(crate) fn append(&mut self, other: &Self) {
        self.pieces.extend(other.pieces.iter().cloned());
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.pieces
            .iter()
            .flat_map(|(text, origin)| text.split_whitespace().map(move |word| (word, origin)))
    }

    fn setting(&self) -> Setting {
        Setting {
            value: self.value(),
            origins: self
                .pieces
                .iter()
                .map(|(_, origin)| origin.clone())
                .collect(),
        }
    }
}

/// The variables that files set, as those of a layer.
pub(crate) fn from_assigned(assigned: Assigned, layer: Layer) -> Vars {
    assigned
        .into_iter()
        .map(|(name, (value, place))| (name, Text::new(value, Origin::at(layer, place))))
        .collect()
}

/// Puts variables over others: those that accumulate are appended, the rest replaces.
pub(crate) fn stack(over: &mut Vars, vars: Vars) {
    for (name, text) in vars {
        match over.get_mut(&name) {
            Some(old) if names::is_incremental(&name) => old.append(&text),
            _ => {
                over.insert(name, text);
            }
        }
    }
}

impl Layers {
    /// The layers from the weakest to the strongest, without what is derived.
    pub(crate) fn all(&self) -> [&Vars; 9] {
        [
            &self.env_d,
            &self.repository,
            &self.features,
            &self.ebuild,
            &self.globals,
            &self.profile,
            &self.conf,
            &self.package,
            &self.environment,
        ]
    }

    fn all_mut(&mut self) -> [&mut Vars; 9] {
        [
            &mut self.env_d,
            &mut self.repository,
            &mut self.features,
            &mut self.ebuild,
            &mut self.globals,
            &mut self.profile,
            &mut self.conf,
            &mut self.package,
            &mut self.environment,
        ]
    }

    /// The layer that `USE_ORDER` calls so.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Vars> {
        Some(match name {
            "env.d" => &self.env_d,
            "repo" => &self.repository,
            "features" => &self.features,
            "pkginternal" => &self.ebuild,
            "globals" => &self.globals,
            "defaults" => &self.profile,
            "conf" => &self.conf,
            "pkg" => &self.package,
            "env" | "backupenv" => &self.environment,
            _ => return None,
        })
    }

    /// Takes a variable out of every layer.
    pub(crate) fn remove(&mut self, name: &str) {
        for vars in self.all_mut() {
            vars.remove(name);
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Setting> {
        if let Some(setting) = self.derived.get(name) {
            return Some(setting.clone());
        }
        let found = self.all().into_iter().rev().find_map(|vars| vars.get(name));
        found.map(Text::setting)
    }

    pub(crate) fn value(&self, name: &str) -> Option<String> {
        if let Some(setting) = self.derived.get(name) {
            return Some(setting.value.clone());
        }
        let found = self.all().into_iter().rev().find_map(|vars| vars.get(name));
        found.map(Text::value)
    }

    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        self.value(name)
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn derive(&mut self, name: &str, value: impl Into<String>, origins: Vec<Origin>) {
        let value = value.into();
        self.derived
            .insert(name.to_owned(), Setting { value, origins });
    }

    /// Sets a variable that configuration cannot set.
    pub(crate) fn fix(&mut self, name: &str, value: impl Into<String>) {
        self.derive(name, value, vec![Origin::without_place(Layer::Derived)]);
    }

    /// Every variable with its value.
    pub(crate) fn settings(&self) -> BTreeMap<String, Setting> {
        let mut settings = BTreeMap::new();
        for vars in self.all() {
            for (name, text) in vars {
                settings.insert(name.as_str(), text);
            }
        }
        let mut settings: BTreeMap<_, _> = settings
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.setting()))
            .collect();
        settings.extend(self.derived.clone());
        settings
    }

    /// Finds out the variables that accumulate, `USE` apart.
    pub(crate) fn derive_incrementals(&mut self, warnings: &mut Vec<ConfigWarning>) {
        for name in names::INCREMENTAL {
            let mut words: BTreeMap<String, Origin> = BTreeMap::new();
            let mut known = false;
            for text in self.all().into_iter().filter_map(|vars| vars.get(name)) {
                known = true;
                for (word, origin) in text.words() {
                    let word = without_plus(name, word, origin, warnings);
                    match word.strip_prefix('-') {
                        Some("*") => words.clear(),
                        Some(removed) => {
                            words.remove(removed);
                        }
                        None if word.is_empty() => {}
                        None => {
                            words.insert(word.to_owned(), origin.clone());
                        }
                    }
                }
            }
            if known {
                let value: Vec<_> = words.keys().map(String::as_str).collect();
                let value = value.join(" ");
                self.derive(name, value, distinct(words.values()));
            }
        }
        for name in names::ACCEPTANCE {
            let mut words: Vec<(String, Origin)> = Vec::new();
            for text in self.all().into_iter().filter_map(|vars| vars.get(name)) {
                words.extend(
                    text.words()
                        .map(|(word, origin)| (word.to_owned(), origin.clone())),
                );
            }
            prune(&mut words);
            let value: Vec<_> = words.iter().map(|(word, _)| word.as_str()).collect();
            let mut value = value.join(" ");
            let mut origins = distinct(words.iter().map(|(_, origin)| origin));
            if value.is_empty() && name == "ACCEPT_LICENSE" {
                "* -@EULA".clone_into(&mut value);
                origins = vec![Origin::without_place(Layer::Globals)];
            }
            self.derive(name, value, origins);
        }
    }
}

/// Leaves out what the last `*` or `-*` makes irrelevant.
fn prune(words: &mut Vec<(String, Origin)>) {
    let last = words
        .iter()
        .rposition(|(word, _)| matches!(word.as_str(), "*" | "-*"));
    let Some(last) = last else {
        return;
    };
    let is_all = words.get(last).is_some_and(|(word, _)| word == "*");
    let is_end = last.saturating_add(1) == words.len();
    // A final "-*" stays: nothing at all would mean the default.
    let keep_from = if is_all || is_end {
        last
    } else {
        last.saturating_add(1)
    };
    words.drain(..keep_from.min(words.len()));
}

fn without_plus<'a>(
    name: &str,
    word: &'a str,
    origin: &Origin,
    warnings: &mut Vec<ConfigWarning>,
) -> &'a str {
    match word.strip_prefix('+') {
        None => word,
        Some(rest) => {
            warnings.push(ConfigWarning {
                place: origin.place.clone(),
                kind: ConfigProblem::Plus {
                    name: name.to_owned(),
                    text: word.to_owned(),
                },
            });
            rest
        }
    }
}

/// Origins without repetitions, in their order.
pub(crate) fn distinct<'a>(origins: impl Iterator<Item = &'a Origin>) -> Vec<Origin> {
    let mut result: Vec<Origin> = Vec::new();
    for origin in origins {
        if !result.contains(origin) {
            result.push(origin.clone());
        }
    }
    result
}

//! From layers to USE flags.

use std::collections::{BTreeMap, HashMap};

use super::error::{ConfigProblem, ConfigWarning};
use super::layers::{Layers, Text, Vars};
use super::lines::Token;
use super::names;
use super::origin::{Layer, Origin};

/// USE flags while they are found out, each with what decided about it.
#[derive(Debug, Clone, Default)]
pub(crate) struct UseSet {
    on: BTreeMap<String, Origin>,
    off: HashMap<String, Origin>,
}

/// The variables that stand for USE flags.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExpandVariables {
    /// `USE_EXPAND`: `NAME="a"` is the flag `name_a`.
    pub(crate) prefixed: Vec<String>,
    /// `USE_EXPAND_UNPREFIXED`: `NAME="a"` is the flag `a`.
    pub(crate) unprefixed: Vec<String>,
}

/// A stack of `use.mask` and the like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stacked(pub(crate) BTreeMap<String, Origin>);

impl Stacked {
    pub(crate) fn of<'a>(tokens: impl IntoIterator<Item = &'a Token>, layer: Layer) -> Self {
        let mut flags = BTreeMap::new();
        for token in tokens {
            match token.text.strip_prefix('-') {
                Some(flag) => {
                    flags.remove(flag);
                }
                None => {
                    let origin = Origin::at(layer, token.place.clone());
                    flags.insert(token.text.clone(), origin);
                }
            }
        }
        Self(flags)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.0.contains_key(flag)
    }
}

impl ExpandVariables {
    pub(crate) fn of(layers: &Layers) -> Self {
        Self {
            prefixed: layers.words("USE_EXPAND"),
            unprefixed: layers.words("USE_EXPAND_UNPREFIXED"),
        }
    }

    /// The USE flags of one `make.defaults`: those of variables, then `USE` itself. Both kinds of words are kept, so that
    /// profiles can take flags away that others set.
    pub(crate) fn flags_of(&self, vars: &Vars, layers: &Layers) -> Text {
        let mut text = Text::default();
        for name in &self.unprefixed {
            if let Some(value) = vars.get(name) {
                text.append(value);
            }
        }
        for name in &self.prefixed {
            if let Some(value) = vars.get(name).filter(|_| layers.value(name).is_some()) {
                for (word, origin) in value.words() {
                    text.push(prefixed(name, word), origin.clone());
                }
            }
        }
        if let Some(value) = vars.get("USE") {
            text.append(value);
        }
        text
    }
}

fn prefixed(name: &str, word: &str) -> String {
    let name = name.to_lowercase();
    match word.strip_prefix('-') {
        Some(word) => format!("-{name}_{word}"),
        None => format!("{name}_{word}"),
    }
}

impl UseSet {
    pub(crate) fn enabled(&self) -> impl Iterator<Item = &str> {
        self.on.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.on.contains_key(flag)
    }

    /// What decided that a flag is enabled, or that it is not; `None` if nothing speaks of it.
    pub(crate) fn origin(&self, flag: &str) -> Option<&Origin> {
        self.on.get(flag).or_else(|| self.off.get(flag))
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.on.retain(|flag, _| keep(flag));
    }

    pub(crate) fn insert(&mut self, flag: &str, origin: &Origin) {
        self.off.remove(flag);
        self.on.insert(flag.to_owned(), origin.clone());
    }

    fn remove(&mut self, flag: &str, origin: &Origin) {
        self.on.remove(flag);
        self.off.insert(flag.to_owned(), origin.clone());
    }

    fn remove_prefix(&mut self, prefix: &str, origin: &Origin) {
        let all: Vec<_> = self
            .enabled()
            .filter(|flag| flag.starts_with(prefix))
            .map(str::to_owned)
            .collect();
        for flag in all {
            self.remove(&flag, origin);
        }
    }

    /// Goes through the layers in the order of `USE_ORDER`; `iuse` are the flags of the ebuild, for wildcards.
    pub(crate) fn of(
        layers: &Layers,
        expand: &ExpandVariables,
        iuse: Option<&[String]>,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Self {
        let mut set = Self::default();
        let order = layers
            .value("USE_ORDER")
            .unwrap_or_else(|| names::USE_ORDER.to_owned());
        let mut sources: Vec<_> = order.split(':').collect();
        sources.reverse();
        for source in sources {
            let Some(vars) = layers.by_name(source) else {
                let kind = ConfigProblem::UseOrder(source.to_owned());
                warnings.push(ConfigWarning::general(kind));
                continue;
            };
            for name in &expand.unprefixed {
                for (word, origin) in vars.get(name).into_iter().flat_map(Text::words) {
                    match word.strip_prefix('-') {
                        Some(flag) => set.remove(flag, origin),
                        None => set.insert(word, origin),
                    }
                }
            }
            for (word, origin) in vars.get("USE").into_iter().flat_map(Text::words) {
                set.apply(word, origin, iuse, warnings);
            }
            // Those of the profile are in its USE already, each at its place in the stack.
            if source != "defaults" {
                for name in &expand.prefixed {
                    if let Some(text) = vars.get(name) {
                        set.apply_variable(name, text, warnings);
                    }
                }
            }
        }
        set
    }

    fn apply(
        &mut self,
        word: &str,
        origin: &Origin,
        iuse: Option<&[String]>,
        warnings: &mut Vec<ConfigWarning>,
    ) {
        if word == "-*" {
            let all: Vec<_> = self.on.keys().cloned().collect();
            for flag in all {
                self.remove(&flag, origin);
            }
            return;
        }
        let word = match word.strip_prefix('+') {
            Some(rest) => {
                plus("USE", word, origin, warnings);
                rest
            }
            None => word,
        };
        if let Some(flag) = word.strip_prefix('-') {
            if let Some(prefix) = flag.strip_suffix('*').filter(|p| p.ends_with('_')) {
                self.remove_prefix(prefix, origin);
            }
            self.remove(flag, origin);
        } else if let (Some(iuse), Some(prefix)) = (
            iuse,
            word.strip_suffix('*')
                .filter(|prefix| prefix.ends_with('_')),
        ) {
            let mut found = false;
            for flag in iuse.iter().filter(|flag| flag.starts_with(prefix)) {
                found = true;
                self.insert(flag, origin);
            }
            // Kept when nothing fits, so that the variable can be recognized as "everything".
            if !found {
                self.insert(word, origin);
            }
        } else if !word.is_empty() {
            self.insert(word, origin);
        }
    }

    /// A USE_EXPAND variable set outside of profiles replaces what was set before.
    fn apply_variable(&mut self, name: &str, text: &Text, warnings: &mut Vec<ConfigWarning>) {
        let prefix = format!("{}_", name.to_lowercase());
        let incremental = names::is_incremental(name);
        if !incremental {
            if let Some((_, origin)) = text.words().next() {
                self.remove_prefix(&prefix, origin);
            } else {
                self.remove_prefix(&prefix, &Origin::without_place(Layer::Derived));
            }
        }
        for (word, origin) in text.words() {
            let word = match word.strip_prefix('+') {
                Some(rest) => {
                    plus(name, word, origin, warnings);
                    if !incremental || rest.is_empty() {
                        continue;
                    }
                    rest
                }
                None => word,
            };
            match word.strip_prefix('-') {
                Some(_) if !incremental => warnings.push(ConfigWarning {
                    place: origin.place.clone(),
                    kind: ConfigProblem::NotIncremental {
                        name: name.to_owned(),
                        text: word.to_owned(),
                    },
                }),
                Some(flag) => self.remove(&format!("{prefix}{flag}"), origin),
                None => self.insert(&format!("{prefix}{word}"), origin),
            }
        }
    }

    /// Forces flags, then masks others: a mask is stronger.
    pub(crate) fn restrict(&mut self, force: &Stacked, arch: Option<&str>, mask: &Stacked) {
        for (flag, origin) in &force.0 {
            self.insert(flag, origin);
        }
        if let Some(arch) = arch.filter(|arch| !arch.is_empty()) {
            self.insert(arch, &Origin::without_place(Layer::Profile));
        }
        for (flag, origin) in &mask.0 {
            self.remove(flag, origin);
        }
    }
}

fn plus(name: &str, word: &str, origin: &Origin, warnings: &mut Vec<ConfigWarning>) {
    warnings.push(ConfigWarning {
        place: origin.place.clone(),
        kind: ConfigProblem::Plus {
            name: name.to_owned(),
            text: word.to_owned(),
        },
    });
}

//! Variables: dynamic scopes, attributes, arrays, and the way back out of a subshell.

use std::collections::hash_map::Entry;
use std::rc::Rc;

use crate::error::{Run, bash_error, unsupported};
use crate::meter;
use crate::name::{Name, NameMap};
use crate::text::Text;

/// Attributes of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Attributes(u8);

impl Attributes {
    pub(crate) const EXPORT: Self = Self(1);
    pub(crate) const READONLY: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const LOWER: Self = Self(8);
    pub(crate) const UPPER: Self = Self(16);
    pub(crate) const NAMEREF: Self = Self(32);
    /// Those that change what is assigned.
    const VALUE: u8 = 4 | 8 | 16;

    #[inline]
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn set(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) fn clear(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    #[inline]
    pub(crate) fn changes_value(self) -> bool {
        self.0 & Self::VALUE != 0
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// An indexed array: elements in the order of their indices.
#[derive(Clone)]
pub(crate) struct Indexed<T>(Vec<(i64, T)>);

impl<T> Default for Indexed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Text> Indexed<T> {
    pub(crate) fn get(&self, index: i64) -> Option<&T> {
        let at = self.position(index).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    fn position(&self, index: i64) -> Result<usize, usize> {
        // Most arrays have no holes.
        if let Ok(at) = usize::try_from(index)
            && self.0.get(at).is_some_and(|(found, _)| *found == index)
        {
            return Ok(at);
        }
        self.0.binary_search_by_key(&index, |(found, _)| *found)
    }

    pub(crate) fn entry(&mut self, index: i64) -> &mut T {
        let at = match self.position(index) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (index, T::default()));
                at
            }
        };
        &mut self.0[at].1
    }

    pub(crate) fn remove(&mut self, index: i64) {
        if let Ok(at) = self.position(index) {
            self.0.remove(at);
        }
    }

    pub(crate) fn next_index(&self) -> i64 {
        self.0
            .last()
            .map_or(0, |(index, _)| index.saturating_add(1))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &T)> {
        self.0.iter().map(|(index, value)| (*index, value))
    }
}

/// An associative array, which lists its elements in the order in which bash's table of 1024 buckets does.
#[derive(Clone)]
pub(crate) struct Assoc<T> {
    elements: Vec<(T, T)>,
    index: std::collections::HashMap<Rc<[u8]>, usize>,
}

/// bash makes its tables larger when they have twice as many elements as buckets; the order changes then.
const MAX_ASSOC: usize = 2000;
const BUCKETS: u32 = 1024;

impl<T> Default for Assoc<T> {
    fn default() -> Self {
        Self {
            elements: Vec::new(),
            index: std::collections::HashMap::new(),
        }
    }
}

impl<T: Text> Assoc<T> {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&T> {
        let at = *self.index.get(key)?;
        self.elements.get(at).map(|(_, value)| value)
    }

    pub(crate) fn entry(&mut self, key: &T) -> Run<&mut T> {
        let at = match self.index.get(&key[..]) {
            Some(at) => *at,
            None => {
                if self.elements.len() >= MAX_ASSOC {
                    return Err(unsupported(
                        "an associative array of more than 2000 elements",
                    ));
                }
                if !meter::take(key.len() + ELEMENT) {
                    meter::check()?;
                }
                let at = self.elements.len();
                self.elements.push((key.clone(), T::default()));
                self.index.insert(Rc::from(&key[..]), at);
                at
            }
        };
        match self.elements.get_mut(at) {
            Some((_, value)) => Ok(value),
            None => Err(unsupported("an associative array")),
        }
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        if let Some(at) = self.index.remove(key) {
            self.elements.remove(at);
            for position in self.index.values_mut() {
                if *position > at {
                    *position -= 1;
                }
            }
        }
    }

    /// Keys and values in bash's order: by bucket, and in a bucket the latest first.
    pub(crate) fn sorted(&self) -> Vec<(&T, &T)> {
        let mut sorted: Vec<(u32, usize)> = self
            .elements
            .iter()
            .enumerate()
            .map(|(at, (key, _))| (bucket(key), at))
            .collect();
        sorted.sort_by_key(|&(bucket, at)| (bucket, usize::MAX - at));
        sorted
            .iter()
            .filter_map(|&(_, at)| self.elements.get(at))
            .map(|(key, value)| (key, value))
            .collect()
    }
}

/// The bucket of a key: bash's FNV-1 with bytes as signed numbers.
fn bucket(key: &[u8]) -> u32 {
    let mut hash = 2_166_136_261_u32;
    for &byte in key {
        hash = hash.wrapping_mul(16_777_619);
        hash ^= i32::from(byte.cast_signed()).cast_unsigned();
    }
    hash & (BUCKETS - 1)
}

#[derive(Clone, Default)]
pub(crate) enum Value<T> {
    /// Declared and not set.
    #[default]
    Unset,
    Scalar(T),
    Indexed(Indexed<T>),
    Assoc(Assoc<T>),
    /// Declared as an array and not set.
    UnsetIndexed,
    UnsetAssoc,
}

impl<T: Text> Value<T> {
    /// What `$name` is.
    #[inline]
    pub(crate) fn scalar(&self) -> Option<&T> {
        match self {
            Self::Scalar(text) => Some(text),
            Self::Indexed(array) => array.get(0),
            Self::Assoc(array) => array.get(b"0"),
            Self::Unset | Self::UnsetIndexed | Self::UnsetAssoc => None,
        }
    }

    pub(crate) fn is_assoc(&self) -> bool {
        matches!(self, Self::Assoc(_) | Self::UnsetAssoc)
    }

    pub(crate) fn is_array(&self) -> bool {
        self.is_assoc() || matches!(self, Self::Indexed(_) | Self::UnsetIndexed)
    }

    /// Makes it an indexed array, of which a scalar becomes the first element.
    pub(crate) fn make_indexed(&mut self) -> Run<&mut Indexed<T>> {
        match self {
            Self::Unset | Self::UnsetIndexed => *self = Self::Indexed(Indexed::default()),
            Self::Scalar(text) => {
                let mut array = Indexed::default();
                *array.entry(0) = std::mem::take(text);
                *self = Self::Indexed(array);
            }
            Self::Indexed(_) | Self::Assoc(_) | Self::UnsetAssoc => {}
        }
        match self {
            Self::Indexed(array) => Ok(array),
            _ => Err(bash_error("an associative array used as an indexed one")),
        }
    }

    pub(crate) fn make_assoc(&mut self) -> Run<&mut Assoc<T>> {
        if matches!(self, Self::Unset | Self::UnsetAssoc) {
            *self = Self::Assoc(Assoc::default());
        }
        match self {
            Self::Assoc(array) => Ok(array),
            _ => Err(bash_error("an array that is not associative used as one")),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Variable<T> {
    pub(crate) value: Value<T>,
    pub(crate) attributes: Attributes,
}

impl<T> Default for Variable<T> {
    fn default() -> Self {
        Self {
            value: Value::Unset,
            attributes: Attributes::default(),
        }
    }
}

#[derive(Clone)]
struct Binding<T> {
    depth: u32,
    variable: Variable<T>,
}

/// All variables of one name, the visible one last.
type Slot<T> = Vec<Binding<T>>;

/// What is needed to undo what a subshell did.
struct Undo<T> {
    slots: NameMap<Option<Slot<T>>>,
    locals: usize,
}

/// What a variable costs besides its value.
const VARIABLE: usize = 512;

/// What an element of an associative array costs besides its texts.
const ELEMENT: usize = 256;

/// The variables of a shell.
pub(crate) struct Variables<T> {
    slots: NameMap<Slot<T>>,
    /// For each function that runs the names of its local variables.
    scopes: Vec<Vec<Name>>,
    undo: Vec<Undo<T>>,
    /// Only there so that looking up cannot fail.
    spare: Slot<T>,
}

impl<T> Default for Variables<T> {
    fn default() -> Self {
        Self {
            slots: NameMap::default(),
            scopes: Vec::new(),
            undo: Vec::new(),
            spare: Slot::new(),
        }
    }
}

impl<T: Text> Variables<T> {
    /// The visible variable, also when it has no value.
    #[inline]
    pub(crate) fn get(&self, name: &Name) -> Option<&Variable<T>> {
        self.slots
            .get(name)?
            .last()
            .map(|binding| &binding.variable)
    }

    #[inline]
    pub(crate) fn scalar(&self, name: &Name) -> Option<&T> {
        self.get(name)?.value.scalar()
    }

    /// How many functions run.
    pub(crate) fn depth(&self) -> u32 {
        u32::try_from(self.scopes.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn push_scope(&mut self) {
        self.scopes.push(Vec::new());
    }

    pub(crate) fn pop_scope(&mut self) {
        let depth = self.depth();
        for name in self.scopes.pop().unwrap_or_default() {
            self.remember(&name);
            if let Some(slot) = self.slots.get_mut(&name) {
                if slot.last().is_some_and(|binding| binding.depth == depth) {
                    slot.pop();
                }
                if slot.is_empty() {
                    self.slots.remove(&name);
                }
            }
        }
    }

    #[inline]
    fn remember(&mut self, name: &Name) {
        if let Some(undo) = self.undo.last_mut()
            && let Entry::Vacant(entry) = undo.slots.entry(name.clone())
        {
            entry.insert(self.slots.get(name).cloned());
        }
    }

    /// The visible variable, or a new global one.
    #[inline]
    pub(crate) fn entry(&mut self, name: &Name) -> &mut Variable<T> {
        if !self.undo.is_empty() {
            self.remember(name);
        }
        // A second look instead of a copy of the name for every assignment.
        if !self.slots.contains_key(name) {
            meter::take(name.bytes().len() + VARIABLE);
            self.slots.insert(name.clone(), Slot::new());
        }
        match self.slots.get_mut(name) {
            Some(slot) => last(slot),
            None => last(&mut self.spare),
        }
    }

    /// The global variable, whatever hides it.
    pub(crate) fn global(&mut self, name: &Name) -> &mut Variable<T> {
        self.remember(name);
        let slot = self.slots.entry(name.clone()).or_default();
        if slot.first().is_none_or(|binding| binding.depth > 0) {
            meter::take(name.bytes().len() + VARIABLE);
            slot.insert(
                0,
                Binding {
                    depth: 0,
                    variable: Variable::default(),
                },
            );
        }
        &mut slot[0].variable
    }

    /// The local variable of the function that runs; `true` if it is new.
    pub(crate) fn local(&mut self, name: &Name) -> (&mut Variable<T>, bool) {
        self.remember(name);
        let depth = self.depth();
        let slot = self.slots.entry(name.clone()).or_default();
        let new = slot.last().is_none_or(|binding| binding.depth != depth);
        if new {
            meter::take(name.bytes().len() + VARIABLE);
            slot.push(Binding {
                depth,
                variable: Variable::default(),
            });
            if let Some(scope) = self.scopes.last_mut() {
                scope.push(name.clone());
            }
        }
        (last(slot), new)
    }

    /// The depth of the visible variable; 0 for a global one and for none.
    pub(crate) fn depth_of(&self, name: &Name) -> u32 {
        self.slots
            .get(name)
            .and_then(|slot| slot.last())
            .map_or(0, |binding| binding.depth)
    }

    /// `unset`: a local variable of the function that runs stays local; one of a caller uncovers what it hid.
    pub(crate) fn unset(&mut self, name: &Name) {
        if !self.slots.contains_key(name) {
            return;
        }
        self.remember(name);
        let depth = self.depth();
        if let Some(slot) = self.slots.get_mut(name) {
            match slot.last_mut() {
                Some(binding) if binding.depth == depth && depth > 0 => {
                    binding.variable = Variable::default();
                }
                _ => {
                    slot.pop();
                }
            }
            if slot.is_empty() {
                self.slots.remove(name);
            }
        }
    }

    /// Enters a subshell: what follows can be undone.
    pub(crate) fn begin_subshell(&mut self) {
        self.undo.push(Undo {
            slots: NameMap::default(),
            locals: self.scopes.last().map_or(0, Vec::len),
        });
    }

    /// Leaves the subshell and undoes what it did.
    pub(crate) fn end_subshell(&mut self) {
        let Some(undo) = self.undo.pop() else { return };
        for (name, slot) in undo.slots {
            match slot {
                Some(slot) => {
                    self.slots.insert(name, slot);
                }
                None => {
                    self.slots.remove(&name);
                }
            }
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.truncate(undo.locals);
        }
    }

    pub(crate) fn in_subshell(&self) -> bool {
        !self.undo.is_empty()
    }

    /// The names of variables that are set and begin with `prefix`, sorted.
    pub(crate) fn names(&self, prefix: &[u8]) -> Vec<Name> {
        let mut names: Vec<Name> = self
            .slots
            .iter()
            .filter(|(name, slot)| {
                name.bytes().starts_with(prefix)
                    && slot
                        .last()
                        .is_some_and(|binding| is_set(&binding.variable.value))
            })
            .map(|(name, _)| name.clone())
            .collect();
        names.sort_by(|a, b| a.bytes().cmp(b.bytes()));
        names
    }
}

fn is_set<T>(value: &Value<T>) -> bool {
    !matches!(
        value,
        Value::Unset | Value::UnsetIndexed | Value::UnsetAssoc
    )
}

#[inline]
fn last<T: Text>(slot: &mut Slot<T>) -> &mut Variable<T> {
    if slot.is_empty() {
        slot.push(Binding {
            depth: 0,
            variable: Variable::default(),
        });
    }
    let at = slot.len() - 1;
    &mut slot[at].variable
}

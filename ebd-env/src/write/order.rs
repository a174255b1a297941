//! The order of references, and of the elements of associative arrays.

use std::collections::{HashMap, HashSet};

use crate::environment::Environment;
use crate::variable::{Bytes, Value};

/// The names of all references, each after the one it refers to; of a ring of references the first one first.
pub(super) fn references<'e>(environment: &'e Environment<'_>) -> Vec<&'e [u8]> {
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    for (name, _) in environment.variables() {
        // What refers to what, up to one that was written or is no reference.
        let mut chain = Vec::new();
        let mut next = environment.variables.get_key_value(name);
        while let Some((name, variable)) = next
            && let Value::Reference(target) = &variable.value
            && seen.insert(&**name)
        {
            chain.push(&**name);
            next = target
                .as_deref()
                .and_then(|target| environment.variables.get_key_value(base(target)));
        }
        order.extend(chain.into_iter().rev());
    }
    order
}

/// The variable that a reference to an array element refers to.
fn base(target: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'[', target).unwrap_or(target.len());
    target.get(..end).unwrap_or_default()
}

/// The elements of an associative array in an order that makes bash give them back in the order they have here.
///
/// bash has 1,024 lists of elements, chosen by a hash of the key, and goes through each from the last added to the first: those of one list
/// must be added in reverse. With 2,048 elements or more it has more lists, and their order is not kept.
pub(super) fn insertion<'e, 'a>(
    elements: &'e [(Bytes<'a>, Bytes<'a>)],
) -> Vec<&'e (Bytes<'a>, Bytes<'a>)> {
    let mut order: Vec<_> = elements.iter().collect();
    let mut lists: HashMap<u32, Vec<usize>> = HashMap::with_capacity(elements.len());
    for (place, (key, _)) in elements.iter().enumerate() {
        lists.entry(hash(key) % 1024).or_default().push(place);
    }
    for places in lists.values().filter(|places| places.len() > 1) {
        for (one, other) in places.iter().zip(places.iter().rev()) {
            if let (Some(place), Some(element)) = (order.get_mut(*one), elements.get(*other)) {
                *place = element;
            }
        }
    }
    order
}

/// FNV-1, as bash has it: of characters that have the sign they have in C on this machine.
fn hash(key: &[u8]) -> u32 {
    key.iter().fold(2_166_136_261, |hash: u32, &byte| {
        let character = i32::from(byte as std::ffi::c_char);
        hash.wrapping_mul(16_777_619) ^ character.cast_unsigned()
    })
}

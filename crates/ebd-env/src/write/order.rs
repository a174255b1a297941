//! The order of references.

use std::collections::HashSet;

use crate::environment::Environment;
use crate::variable::Value;

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

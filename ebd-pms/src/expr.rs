//! Dependency expressions as trees: groups, USE conditionals, and what they mean.

use std::fmt;

use crate::eapi::Eapi;
use crate::expr_parse::{self, ExprError};
use crate::feature::Feature;
use crate::leaf::Leaf;

/// A whole value: all of its items are required.
///
/// `Display` writes the tokens of the text it was parsed from, joined by single spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expression<T> {
    /// The items, in their order.
    pub items: Vec<Expr<T>>,
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Expr<T> {
    /// An item.
    Leaf(T),
    /// `( … )`
    AllOf(Vec<Expr<T>>),
    /// `|| ( … )`
    AnyOf(Vec<Expr<T>>),
    /// `^^ ( … )`
    ExactlyOne(Vec<Expr<T>>),
    /// `?? ( … )`
    AtMostOne(Vec<Expr<T>>),
    /// `flag? ( … )` and `!flag? ( … )`
    When {
        /// The flag.
        flag: String,
        /// Whether the flag has to be disabled.
        negated: bool,
        /// What holds then.
        items: Vec<Expr<T>>,
    },
}

impl<T> Default for Expression<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T: Leaf> Expression<T> {
    /// Parses a value of an ebuild of this EAPI.
    ///
    /// # Errors
    /// Says what is wrong with which token, and at which byte.
    pub fn parse(text: &str, eapi: Eapi) -> Result<Self, ExprError> {
        expr_parse::parse(text, eapi)
    }
}

impl<T> Expression<T> {
    /// The leaves, whatever the conditions, in the order of the text.
    pub fn leaves(&self) -> Leaves<'_, T> {
        Leaves {
            stack: vec![self.items.iter()],
        }
    }

    /// What is left when the USE conditionals are decided.
    ///
    /// A conditional that holds becomes its items; inside of `||`, `^^` and `??`, where several of them count as one,
    /// an all-of group. One that does not hold goes away, so a group can become empty.
    pub fn evaluate(&self, enabled: &dyn Fn(&str) -> bool) -> Expression<&T> {
        Expression {
            items: evaluate(&self.items, enabled, false),
        }
    }

    /// Whether the expression holds, given which flags are enabled and which leaves hold.
    pub fn is_satisfied(
        &self,
        eapi: Eapi,
        enabled: &dyn Fn(&str) -> bool,
        leaf: &mut dyn FnMut(&T) -> bool,
    ) -> bool {
        all(&self.items, eapi, enabled, leaf)
    }
}

impl<T> Expr<T> {
    /// The items of a group; nothing for a leaf.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        match self {
            Self::Leaf(_) => &[],
            Self::AllOf(items)
            | Self::AnyOf(items)
            | Self::ExactlyOne(items)
            | Self::AtMostOne(items)
            | Self::When { items, .. } => items,
        }
    }
}

/// The leaves of an expression, from left to right.
#[derive(Debug)]
pub struct Leaves<'a, T> {
    stack: Vec<std::slice::Iter<'a, Expr<T>>>,
}

impl<'a, T> Iterator for Leaves<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        while let Some(top) = self.stack.last_mut() {
            match top.next() {
                None => {
                    self.stack.pop();
                }
                Some(Expr::Leaf(leaf)) => return Some(leaf),
                Some(group) => self.stack.push(group.children().iter()),
            }
        }
        None
    }
}

fn evaluate<'a, T>(
    items: &'a [Expr<T>],
    enabled: &dyn Fn(&str) -> bool,
    in_choice: bool,
) -> Vec<Expr<&'a T>> {
    let mut result = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Expr::Leaf(leaf) => result.push(Expr::Leaf(leaf)),
            Expr::AllOf(items) => result.push(Expr::AllOf(evaluate(items, enabled, false))),
            Expr::AnyOf(items) => result.push(Expr::AnyOf(evaluate(items, enabled, true))),
            Expr::ExactlyOne(items) => {
                result.push(Expr::ExactlyOne(evaluate(items, enabled, true)))
            }
            Expr::AtMostOne(items) => result.push(Expr::AtMostOne(evaluate(items, enabled, true))),
            Expr::When {
                flag,
                negated,
                items,
            } => {
                if enabled(flag) == *negated {
                    continue;
                }
                let mut inner = evaluate(items, enabled, false);
                if in_choice && inner.len() != 1 {
                    result.push(Expr::AllOf(inner));
                } else {
                    result.append(&mut inner);
                }
            }
        }
    }
    result
}

fn all<T>(
    items: &[Expr<T>],
    eapi: Eapi,
    enabled: &dyn Fn(&str) -> bool,
    leaf: &mut dyn FnMut(&T) -> bool,
) -> bool {
    items
        .iter()
        .all(|item| holds(item, eapi, enabled, leaf).unwrap_or(true))
}

/// Whether an item holds; `None` if it is a conditional that does not apply, and so no member of its group.
fn holds<T>(
    item: &Expr<T>,
    eapi: Eapi,
    enabled: &dyn Fn(&str) -> bool,
    leaf: &mut dyn FnMut(&T) -> bool,
) -> Option<bool> {
    let mut count = |items: &[Expr<T>]| {
        let members = items
            .iter()
            .filter_map(|item| holds(item, eapi, enabled, leaf));
        members.fold((0_usize, 0_usize), |(all, held), holds| {
            (
                all.saturating_add(1),
                held.saturating_add(usize::from(holds)),
            )
        })
    };
    let empty = eapi.has(Feature::EmptyGroupsMatch);
    Some(match item {
        Expr::AnyOf(items) => {
            let (members, held) = count(items);
            held > 0 || (members == 0 && empty)
        }
        Expr::ExactlyOne(items) => {
            let (members, held) = count(items);
            held == 1 || (members == 0 && empty)
        }
        Expr::AtMostOne(items) => count(items).1 <= 1,
        Expr::Leaf(item) => leaf(item),
        Expr::AllOf(items) => all(items, eapi, enabled, leaf),
        Expr::When { flag, negated, .. } if enabled(flag) == *negated => return None,
        Expr::When { items, .. } => all(items, eapi, enabled, leaf),
    })
}

impl<T: fmt::Display> fmt::Display for Expression<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_items(&self.items, f)
    }
}

impl<T: fmt::Display> fmt::Display for Expr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = match self {
            Self::Leaf(leaf) => return write!(f, "{leaf}"),
            Self::AllOf(items) => items,
            Self::AnyOf(items) => {
                f.write_str("|| ")?;
                items
            }
            Self::ExactlyOne(items) => {
                f.write_str("^^ ")?;
                items
            }
            Self::AtMostOne(items) => {
                f.write_str("?? ")?;
                items
            }
            Self::When {
                flag,
                negated,
                items,
            } => {
                write!(f, "{}{flag}? ", if *negated { "!" } else { "" })?;
                items
            }
        };
        f.write_str("( ")?;
        write_items(items, f)?;
        f.write_str(if items.is_empty() { ")" } else { " )" })
    }
}

fn write_items<T: fmt::Display>(items: &[Expr<T>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

//! Which parts of REQUIRED_USE do not hold, in words.

use std::fmt;

use crate::eapi::Eapi;
use crate::expr::{Expr, Expression};
use crate::leaf::UseFlagTest;

/// A part of REQUIRED_USE that does not hold. `Display` says what is required, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetRequirement {
    /// The USE conditionals around it, which apply.
    pub because: Vec<UseFlagTest>,
    /// What does not hold: a flag or a group.
    pub item: Expr<UseFlagTest>,
    /// The members of the group that hold.
    pub holding: Vec<Expr<UseFlagTest>>,
}

impl Expression<UseFlagTest> {
    /// The parts that do not hold with these flags; nothing if all is well. All-of groups and conditionals are opened, so
    /// that each part is as small as it can be.
    pub fn unmet(&self, eapi: Eapi, enabled: &dyn Fn(&str) -> bool) -> Vec<UnmetRequirement> {
        let mut unmet = Vec::new();
        collect(&self.items, eapi, enabled, &mut Vec::new(), &mut unmet);
        unmet
    }
}

fn collect(
    items: &[Expr<UseFlagTest>],
    eapi: Eapi,
    enabled: &dyn Fn(&str) -> bool,
    because: &mut Vec<UseFlagTest>,
    unmet: &mut Vec<UnmetRequirement>,
) {
    for item in items {
        match item {
            Expr::AllOf(items) => collect(items, eapi, enabled, because, unmet),
            Expr::When { flag, negated, .. } if enabled(flag) == *negated => {}
            Expr::When {
                flag,
                negated,
                items,
            } => {
                because.push(UseFlagTest {
                    flag: flag.clone(),
                    negated: *negated,
                });
                collect(items, eapi, enabled, because, unmet);
                because.pop();
            }
            item => {
                if holds(item, eapi, enabled) {
                    continue;
                }
                let holding = item
                    .children()
                    .iter()
                    .filter(|child| applies(child, enabled) && holds(child, eapi, enabled))
                    .cloned()
                    .collect();
                unmet.push(UnmetRequirement {
                    because: because.clone(),
                    item: item.clone(),
                    holding,
                });
            }
        }
    }
}

fn applies(item: &Expr<UseFlagTest>, enabled: &dyn Fn(&str) -> bool) -> bool {
    !matches!(item, Expr::When { flag, negated, .. } if enabled(flag) == *negated)
}

fn holds(item: &Expr<UseFlagTest>, eapi: Eapi, enabled: &dyn Fn(&str) -> bool) -> bool {
    let one = Expression {
        items: vec![item.clone()],
    };
    one.is_satisfied(eapi, enabled, &mut |test| test.holds(enabled))
}

impl fmt::Display for UnmetRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            Expr::Leaf(test) => {
                let state = if test.negated { "disabled" } else { "enabled" };
                write!(f, "{} has to be {state}", test.flag)?;
            }
            Expr::AnyOf(items) => write!(f, "at least one of {} has to hold", List(items))?,
            Expr::ExactlyOne(items) => write!(f, "exactly one of {} has to hold", List(items))?,
            Expr::AtMostOne(items) => write!(f, "at most one of {} may hold", List(items))?,
            other => write!(f, "{other} has to hold")?,
        }
        if !self.holding.is_empty() {
            write!(f, ", but {} do", List(&self.holding))?;
        }
        for (index, test) in self.because.iter().enumerate() {
            let word = if index == 0 { ", because" } else { " and" };
            let state = if test.negated { "disabled" } else { "enabled" };
            write!(f, "{word} {} is {state}", test.flag)?;
        }
        Ok(())
    }
}

/// Items with commas between them.
struct List<'a>(&'a [Expr<UseFlagTest>]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn unmet(text: &str, eapi: Eapi, flags: &str) -> Vec<String> {
        let expression: Expression<UseFlagTest> = Expression::parse(text, eapi).unwrap();
        let enabled = |flag: &str| flags.split(' ').any(|other| other == flag);
        let parts = expression.unmet(eapi, &enabled);
        assert_eq!(
            parts.is_empty(),
            expression.is_satisfied(eapi, &enabled, &mut |test| test.holds(&enabled))
        );
        parts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_does_not_hold_is_said_in_words() {
        for (text, flags, expected) in [
            ("a !b ( c )", "a c", vec![]),
            (
                "a !b ( c )",
                "b",
                vec![
                    "a has to be enabled",
                    "b has to be disabled",
                    "c has to be enabled",
                ],
            ),
            (
                "x? ( !y? ( || ( a b ) ) )",
                "x",
                vec!["at least one of a, b has to hold, because x is enabled and y is disabled"],
            ),
            ("x? ( || ( a b ) )", "", vec![]),
            (
                "^^ ( a b ( c d ) )",
                "a c d",
                vec!["exactly one of a, b, ( c d ) has to hold, but a, ( c d ) do"],
            ),
            ("^^ ( a b )", "", vec!["exactly one of a, b has to hold"]),
            (
                "?? ( a x? ( b ) )",
                "a b x",
                vec!["at most one of a, x? ( b ) may hold, but a, x? ( b ) do"],
            ),
        ] {
            assert_eq!(
                unmet(text, Eapi::E8, flags),
                expected,
                "{text} with {flags}"
            );
        }
    }

    #[test]
    fn groups_that_evaluate_to_nothing_depend_on_the_eapi() {
        assert!(unmet("|| ( x? ( a ) )", Eapi::E6, "").is_empty());
        let parts = unmet("|| ( x? ( a ) )", Eapi::E7, "");
        assert_eq!(parts, ["at least one of x? ( a ) has to hold"]);
    }
}

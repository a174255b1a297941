//! Which functions of eclasses mention which others, and what can be told about calling them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::split::{Definition, Parts};
use super::tokens;

/// The number of a definition in a [`Graph`].
pub(super) type Node = u32;

/// Every function definition of every eclass, and what it mentions.
#[derive(Debug)]
pub(super) struct Graph {
    /// For each name, its definitions.
    names: HashMap<Vec<u8>, Vec<Node>>,
    functions: Vec<Function>,
}

/// One definition of a function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Vec<u8>,
    pub(super) text: Vec<u8>,
    /// The eclass it is in.
    pub(super) eclass: u32,
    /// Whether it can be cut out and given to workers. It is the only one of its name then.
    pub(super) is_cut: bool,
    /// Other definitions that it names.
    calls: Vec<Node>,
    /// Whether it asks which functions exist.
    introspective: bool,
    /// Whether it asks in which file or line it stands.
    knows_its_place: bool,
}

/// What a piece of code can reach.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Functions that can be given to workers.
    pub(super) cut: BTreeSet<Node>,
    pub(super) conditions: BTreeSet<Condition>,
    pub(super) knows_its_place: bool,
}

/// Preloading may make a difference when an ebuild inherits an eclass (or whatever it inherits) and does not inherit another (or
/// whatever it inherits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    pub(super) with: Option<u32>,
    pub(super) without: Option<u32>,
}

impl Condition {
    /// Whether it holds for an ebuild that inherits these eclasses.
    pub(super) fn holds(self, inherits: &dyn Fn(u32) -> bool) -> bool {
        self.with.is_none_or(inherits) && !self.without.is_some_and(inherits)
    }
}

impl Graph {
    /// `eligible` says whether a definition can be cut out, as far as its name and place tell.
    pub(super) fn new(eclasses: &[Parts], eligible: &dyn Fn(&Definition) -> bool) -> Self {
        let mut names: HashMap<Vec<u8>, Vec<Node>> = HashMap::new();
        let mut functions = Vec::new();
        for (eclass, number) in eclasses.iter().zip(0..) {
            for definition in eclass.functions() {
                let node = Node::try_from(functions.len()).unwrap_or(Node::MAX);
                names.entry(definition.name.clone()).or_default().push(node);
                let text = eclass.bytes(&definition.span).to_vec();
                functions.push(Function {
                    name: definition.name.clone(),
                    eclass: number,
                    is_cut: eligible(definition),
                    calls: Vec::new(),
                    introspective: false,
                    knows_its_place: tokens::knows_its_place(&text),
                    text,
                });
            }
        }
        for function in &mut functions {
            let mut calls = BTreeSet::new();
            tokens::for_each(&function.text, |token| {
                calls.extend(names.get(token).into_iter().flatten());
            });
            function.calls = calls.into_iter().collect();
            function.is_cut &= names.get(&function.name).is_some_and(|all| all.len() == 1);
        }
        let mut graph = Self { names, functions };
        graph.keep_whole(eclasses);
        graph.mark_introspection(eclasses);
        graph
    }

    /// What runs when an eclass is inherited and asks where it stands must be sourced from its own file, all of it.
    fn keep_whole(&mut self, eclasses: &[Parts]) {
        let mut whole: HashSet<u32> = HashSet::new();
        for (eclass, number) in eclasses.iter().zip(0..) {
            let global = eclass.global_code();
            if global
                .iter()
                .any(|range| tokens::knows_its_place(eclass.bytes(range)))
            {
                whole.insert(number);
            }
            let reach = self.reach(eclass, global);
            let reached = reach.cut.iter().filter_map(|node| self.function(*node));
            whole.extend(
                reached
                    .filter(|function| function.knows_its_place)
                    .map(|function| function.eclass),
            );
        }
        for function in &mut self.functions {
            function.is_cut &= !whole.contains(&function.eclass);
        }
    }

    fn mark_introspection(&mut self, eclasses: &[Parts]) {
        let mut introspective = Vec::with_capacity(self.functions.len());
        for eclass in eclasses {
            let asks = |definition: &Definition| {
                eclass.asks(&definition.span, &|name| self.owner(name).is_some())
            };
            introspective.extend(eclass.functions().iter().map(asks));
        }
        for (function, introspective) in self.functions.iter_mut().zip(introspective) {
            function.introspective = introspective;
        }
    }

    /// A definition by its number.
    pub(super) fn function(&self, node: Node) -> Option<&Function> {
        self.functions.get(node as usize)
    }

    /// Every definition with its number.
    pub(super) fn functions(&self) -> impl Iterator<Item = (Node, &Function)> {
        (0..).zip(&self.functions)
    }

    /// The eclass of which the function with this name is cut out.
    pub(super) fn owner(&self, name: &[u8]) -> Option<u32> {
        let nodes = self.names.get(name)?;
        let function = self.function(*nodes.first()?)?;
        function.is_cut.then_some(function.eclass)
    }

    /// Everything that parts of a script can call, and what that calls, and so on. A function that is not cut out exists only
    /// where its eclass is inherited, and so does what it does.
    pub(super) fn reach(&self, script: &Parts, code: &[Range<usize>]) -> Reach {
        let mut reach = Reach::default();
        let mut todo: Vec<(Option<u32>, Node)> = Vec::new();
        for range in code {
            if script.asks(range, &|name| self.owner(name).is_some()) {
                reach.conditions.insert(Condition {
                    with: None,
                    without: None,
                });
            }
            tokens::for_each(script.bytes(range), |token| {
                todo.extend(
                    self.names
                        .get(token)
                        .into_iter()
                        .flatten()
                        .map(|node| (None, *node)),
                );
            });
        }
        let mut seen = HashSet::new();
        while let Some((with, node)) = todo.pop() {
            let Some(function) = self.function(node).filter(|_| seen.insert((with, node))) else {
                continue;
            };
            let with = if function.is_cut {
                with
            } else {
                Some(function.eclass)
            };
            if function.is_cut {
                reach.cut.insert(node);
                if with != Some(function.eclass) {
                    reach.conditions.insert(Condition {
                        with,
                        without: Some(function.eclass),
                    });
                }
            }
            if function.introspective {
                reach.conditions.insert(Condition {
                    with,
                    without: None,
                });
            }
            reach.knows_its_place |= function.knows_its_place;
            todo.extend(function.calls.iter().map(|node| (with, *node)));
        }
        reach
    }
}

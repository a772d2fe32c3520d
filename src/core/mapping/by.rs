//! The JMESPath functions that take an expression: `map`, `sort_by`, `max_by`, `min_by`.

use jmespath::ast::Ast;
use jmespath::{Rcvar, Variable};
use std::cmp::Ordering;

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Map,
    Sort,
    Max,
    Min,
}

impl By {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "map" => Some(Self::Map),
            "sort_by" => Some(Self::Sort),
            "max_by" => Some(Self::Max),
            "min_by" => Some(Self::Min),
            _ => None,
        }
    }

    /// The place of the list among the arguments.
    pub(super) fn list_at(self) -> usize {
        usize::from(self == Self::Map)
    }

    /// The list and the expression.
    pub(super) fn arguments(self, args: &[Ast]) -> Result<(&Ast, &Ast), String> {
        let [first, second] = args else {
            let what = if args.len() < 2 { "Not enough" } else { "Too many" };
            return Err(format!("{what} arguments: expected 2, found {}", args.len()));
        };
        let (list, expression) = if self == Self::Map { (second, first) } else { (first, second) };
        match expression {
            Ast::Expref { ast, .. } => Ok((list, ast)),
            _ => Err(format!("Argument {} expects type expref", 1 - self.list_at())),
        }
    }

    /// The outcome, where the expression comes to `keys` on `items`.
    pub(super) fn pick(self, items: &[Rcvar], keys: Vec<Rcvar>) -> Rcvar {
        let mut pairs = items.iter().zip(&keys);
        match self {
            Self::Map => Rcvar::new(Variable::Array(keys)),
            Self::Sort => {
                let mut pairs: Vec<(&Rcvar, &Rcvar)> = pairs.collect();
                pairs.sort_by(|a, b| a.1.cmp(b.1));
                Rcvar::new(Variable::Array(pairs.into_iter().map(|(item, _)| Rcvar::clone(item)).collect()))
            }
            Self::Max | Self::Min => {
                let better = if self == Self::Max { Ordering::Greater } else { Ordering::Less };
                let first = pairs.next();
                let best = first.map(|first| pairs.fold(first, |a, b| if b.1.cmp(a.1) == better { b } else { a }));
                best.map_or_else(|| Rcvar::new(Variable::Null), |(item, _)| Rcvar::clone(item))
            }
        }
    }

    /// Refuses a key that cannot be compared with the `first`: only texts, or only numbers. `at` is
    /// its place in the list.
    pub(super) fn comparable(self, first: &Variable, key: &Variable, at: usize) -> Result<(), String> {
        let expected = match (first.is_string() || first.is_number(), self) {
            _ if self == Self::Map => return Ok(()),
            (true, _) if key.get_type() == first.get_type() => return Ok(()),
            (true, _) => format!("expression->{}", first.get_type()),
            (false, Self::Sort) => "expression->string|expression->number".to_owned(),
            (false, _) => "expression->number|expression->string".to_owned(),
        };
        let (invocation, actual) = (at.max(1), key.get_type());
        Err(format!("Argument 1 must return {expected} but invocation {invocation} returned {actual}"))
    }
}

//! Evaluates JMESPath, in the library's syntax and with its functions, in a bounded number of steps.
//!
//! The library's own interpreter is not used: it has no bound, copies all it is given before it
//! begins, and a slice with a huge step overflows in it.

use super::by::By;
use jmespath::ast::{Ast, Comparator};
use jmespath::{Context, DEFAULT_RUNTIME, Rcvar, Variable};
use std::collections::BTreeMap;

/// So many bytes of a text count as one step more.
const BYTES: usize = 16;

/// What may still be done. A step is about one value looked at or made.
#[derive(Debug)]
pub(super) struct Steps {
    most: usize,
    left: usize,
}

impl Steps {
    pub(super) fn new(most: usize) -> Self {
        Self { most, left: most }
    }

    /// What was spent so far.
    pub(super) fn spent(&self) -> usize {
        self.most - self.left
    }

    fn spend(&mut self, steps: usize) -> Result<(), String> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(format!("it takes more than {} steps on what it is given", self.most))
            }
        }
    }

    /// One for each value in it, more for long texts.
    fn weigh(&mut self, value: &Variable) -> Result<(), String> {
        match value {
            Variable::String(text) => self.spend(1 + text.len() / BYTES),
            Variable::Array(items) => {
                self.spend(1)?;
                items.iter().try_for_each(|item| self.weigh(item))
            }
            Variable::Object(entries) => {
                self.spend(1 + entries.len())?;
                entries.values().try_for_each(|item| self.weigh(item))
            }
            Variable::Null | Variable::Bool(_) | Variable::Number(_) | Variable::Expref(_) => self.spend(1),
        }
    }
}

/// One evaluation.
pub(super) struct Evaluation<'a> {
    pub(super) text: &'a str,
    pub(super) steps: &'a mut Steps,
}

fn null() -> Rcvar {
    Rcvar::new(Variable::Null)
}

fn array(items: Vec<Rcvar>) -> Rcvar {
    Rcvar::new(Variable::Array(items))
}

impl Evaluation<'_> {
    pub(super) fn of(&mut self, data: &Rcvar, node: &Ast) -> Result<Rcvar, String> {
        self.steps.spend(1)?;
        Ok(match node {
            Ast::Identity { .. } => Rcvar::clone(data),
            Ast::Literal { value, .. } => Rcvar::clone(value),
            Ast::Field { name, .. } => data.get_field(name),
            Ast::Index { idx, .. } => match usize::try_from(*idx) {
                Ok(from_start) => data.get_index(from_start),
                Err(_) => data.get_negative_index(idx.unsigned_abs() as usize),
            },
            Ast::Slice { start, stop, step, .. } => self.slice(data, *start, *stop, *step)?,
            Ast::Subexpr { lhs, rhs, .. } => {
                let left = self.of(data, lhs)?;
                self.of(&left, rhs)?
            }
            Ast::Or { lhs, rhs, .. } => {
                let left = self.of(data, lhs)?;
                if left.is_truthy() { left } else { self.of(data, rhs)? }
            }
            Ast::And { lhs, rhs, .. } => {
                let left = self.of(data, lhs)?;
                if left.is_truthy() { self.of(data, rhs)? } else { left }
            }
            Ast::Not { node, .. } => Rcvar::new(Variable::Bool(!self.of(data, node)?.is_truthy())),
            Ast::Condition { predicate, then, .. } => {
                if self.of(data, predicate)?.is_truthy() {
                    self.of(data, then)?
                } else {
                    null()
                }
            }
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                let (left, right) = (self.of(data, lhs)?, self.of(data, rhs)?);
                if matches!(comparator, Comparator::Equal | Comparator::NotEqual) && left.get_type() == right.get_type()
                {
                    self.steps.weigh(&left)?;
                }
                left.compare(comparator, &right).map_or_else(null, |truth| Rcvar::new(Variable::Bool(truth)))
            }
            Ast::ObjectValues { node, .. } => match &*self.of(data, node)? {
                Variable::Object(entries) => {
                    self.steps.spend(entries.len())?;
                    array(entries.values().cloned().collect())
                }
                _ => null(),
            },
            Ast::Projection { lhs, rhs, .. } => match &*self.of(data, lhs)? {
                Variable::Array(items) => array(self.project(items, rhs)?),
                _ => null(),
            },
            Ast::Flatten { node, .. } => match &*self.of(data, node)? {
                Variable::Array(items) => array(self.flatten(items)?),
                _ => null(),
            },
            Ast::MultiList { .. } | Ast::MultiHash { .. } if data.is_null() => null(),
            Ast::MultiList { elements, .. } => {
                array(elements.iter().map(|element| self.of(data, element)).collect::<Result<_, _>>()?)
            }
            Ast::MultiHash { elements, .. } => {
                let pair = |pair: &jmespath::ast::KeyValuePair| Ok((pair.key.clone(), self.of(data, &pair.value)?));
                Rcvar::new(Variable::Object(elements.iter().map(pair).collect::<Result<BTreeMap<_, _>, String>>()?))
            }
            Ast::Function { name, args, offset } => self.call(data, name, args, *offset)?,
            Ast::Expref { .. } => return Err("`&` stands where no function takes it".to_owned()),
        })
    }

    /// What `node` comes to on each of `items`, save for null.
    fn project(&mut self, items: &[Rcvar], node: &Ast) -> Result<Vec<Rcvar>, String> {
        let mut all = Vec::new();
        for item in items {
            let value = self.of(item, node)?;
            if !value.is_null() {
                all.push(value);
            }
        }
        Ok(all)
    }

    fn flatten(&mut self, items: &[Rcvar]) -> Result<Vec<Rcvar>, String> {
        let mut all = Vec::new();
        for item in items {
            match &**item {
                Variable::Array(inner) => {
                    self.steps.spend(1 + inner.len())?;
                    all.extend(inner.iter().cloned());
                }
                _ => {
                    self.steps.spend(1)?;
                    all.push(Rcvar::clone(item));
                }
            }
        }
        Ok(all)
    }

    fn slice(&mut self, data: &Variable, start: Option<i32>, stop: Option<i32>, step: i32) -> Result<Rcvar, String> {
        let step = i64::from(step);
        let Variable::Array(items) = data else {
            return if step == 0 { Err("Invalid slice".to_owned()) } else { Ok(null()) };
        };
        let len = items.len() as i64;
        let (first, last) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let bound = |end: Option<i32>, default: i64| {
            let end = end.map_or(default, |end| if end < 0 { i64::from(end) + len } else { i64::from(end) });
            end.clamp(first, last)
        };
        // Where nothing is said, from one end to the other, whichever way.
        let (from, to) = match step {
            0 => return Err("Invalid slice".to_owned()),
            1.. => (bound(start, 0), bound(stop, len)),
            _ => (start.map_or(len - 1, |_| bound(start, 0)), stop.map_or(-1, |_| bound(stop, 0))),
        };
        let mut found = Vec::new();
        let mut at = from;
        while if step > 0 { at < to } else { at > to } {
            self.steps.spend(1)?;
            found.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
            at += step;
        }
        Ok(array(found))
    }

    fn call(&mut self, data: &Rcvar, name: &str, args: &[Ast], offset: usize) -> Result<Rcvar, String> {
        if let Some(by) = By::named(name) {
            return self.call_by(data, by, args);
        }
        let args = args.iter().map(|arg| self.of(data, arg)).collect::<Result<Vec<_>, _>>()?;
        self.charge(name, &args)?;
        let function = DEFAULT_RUNTIME.get_function(name);
        let function = function.ok_or_else(|| format!("Call to undefined function {name}"))?;
        let mut context = Context::new(self.text, &DEFAULT_RUNTIME);
        context.offset = offset;
        function.evaluate(&args, &mut context).map_err(|error| {
            let reason = error.reason.to_string();
            reason.lines().next().unwrap_or_default().trim_start_matches("Runtime error: ").to_owned()
        })
    }

    /// The functions that take an expression.
    fn call_by(&mut self, data: &Rcvar, by: By, args: &[Ast]) -> Result<Rcvar, String> {
        let (list, expression) = by.arguments(args)?;
        let list = self.of(data, list)?;
        let Variable::Array(items) = &*list else {
            return Err(format!("Argument {} expects type array, given {}", by.list_at(), list.get_type()));
        };
        let mut keys: Vec<Rcvar> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let key = self.of(item, expression)?;
            by.comparable(keys.first().unwrap_or(&key), &key, at)?;
            if by != By::Map {
                // It is compared with several.
                self.steps.weigh(&key)?;
            }
            keys.push(key);
        }
        Ok(by.pick(items, keys))
    }

    /// What a function of the library will do with these, before it does it.
    fn charge(&mut self, name: &str, args: &[Rcvar]) -> Result<(), String> {
        let contains_list = name == "contains" && args.get(1).is_some_and(|what| what.is_array() || what.is_object());
        let deep = contains_list || matches!(name, "to_string" | "sort" | "min" | "max" | "join");
        let glue = match args.first().map(|first| &**first) {
            Some(Variable::String(glue)) if name == "join" => 1 + glue.len() / BYTES,
            _ => 1,
        };
        for arg in args {
            if deep {
                self.steps.weigh(arg)?;
            }
            self.steps.spend(match &**arg {
                // These make or read each character.
                Variable::String(text) if matches!(name, "reverse" | "to_number" | "length") => text.len() / 2,
                Variable::String(text) => text.len() / BYTES,
                Variable::Array(items) => items.len().saturating_mul(glue),
                Variable::Object(entries) => entries.len().saturating_mul(2),
                _ => 0,
            })?;
        }
        Ok(())
    }
}

//! JMESPath expressions over claims, with bounds that the library does not have.
//!
//! Its parser is recursive and an expression can multiply what it is given, so both are bounded
//! before the first evaluation. What an evaluation does is counted besides ([`super::steps`]).

use super::steps::{Evaluation, Steps};
use jmespath::ast::Ast;
use jmespath::{Rcvar, Variable};
use std::fmt;

/// The longest expression, in bytes.
const LONGEST: usize = 1024;
/// The deepest nesting of brackets and `!`. The parser recurses; 5,000 overflow a thread's stack.
const DEEPEST: usize = 100;
/// How many times larger than the claims a result may be: `[@, @][]` doubles, and again, and again.
const MOST_GROWTH: usize = 16;
/// How many steps one evaluation may take: some 20 ms of one processor.
const MOST_STEPS: usize = 500_000;

/// An expression that is safe to evaluate.
#[derive(Clone)]
pub struct Expression {
    compiled: jmespath::Expression<'static>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text())
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// Says whether an expression can be used.
///
/// # Errors
/// One sentence on what is wrong with it.
pub fn check_expression(text: &str) -> Result<(), String> {
    Expression::compile(text).map(|_| ())
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// One sentence on what is wrong with it.
    pub fn compile(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        if depth(text) > DEEPEST {
            return Err(format!("its brackets are nested more than {DEEPEST} deep"));
        }
        let compiled = jmespath::compile(text).map_err(|error| {
            let reason = error.reason.to_string();
            format!("column {}: {}", error.column + 1, reason.lines().next().unwrap_or_default())
        })?;
        match growth(compiled.as_ast()) {
            Some(growth) if growth <= MOST_GROWTH => Ok(Self { compiled }),
            _ => Err(format!("it can make more than {MOST_GROWTH} times as much of what it is given")),
        }
    }

    /// The expression as written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.compiled.as_str()
    }

    /// The top-level keys it reads, as far as that can be seen: `a` of `a.b[0]`. `None` when it
    /// may read any.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        first_fields(self.compiled.as_ast(), &mut keys);
        keys.sort();
        keys.dedup();
        keys
    }

    /// What the claims come to.
    ///
    /// # Errors
    /// One sentence; claims that are not what the expression takes them for, or too many.
    pub fn evaluate(&self, claims: &Rcvar) -> Result<Rcvar, String> {
        self.counted(claims).0
    }

    /// The same, with the number of steps that it took.
    fn counted(&self, claims: &Rcvar) -> (Result<Rcvar, String>, usize) {
        let mut steps = Steps::new(MOST_STEPS);
        let value = Evaluation { text: self.text(), steps: &mut steps }.of(claims, self.compiled.as_ast());
        (value, steps.spent())
    }

    /// Whether the claims make it true, as JMESPath says it: empty texts, lists and objects,
    /// `false` and `null` are not.
    ///
    /// # Errors
    /// As [`Expression::evaluate`].
    pub fn holds(&self, claims: &Rcvar) -> Result<bool, String> {
        self.evaluate(claims).map(|value| value.is_truthy())
    }
}

/// How deep brackets and runs of `!` nest, those in quotes left out. More where in doubt.
fn depth(text: &str) -> usize {
    let (mut deepest, mut brackets, mut nots) = (0usize, 0usize, 0usize);
    let mut quote = None;
    let mut escaped = false;
    for c in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => {
                match c {
                    '\'' | '"' | '`' => quote = Some(c),
                    '(' | '[' | '{' => brackets += 1,
                    ')' | ']' | '}' => brackets = brackets.saturating_sub(1),
                    '!' => nots += 1,
                    _ => {}
                }
                deepest = deepest.max(brackets + nots);
            }
        }
    }
    deepest
}

/// How many times its input an expression can give at most; `None` when that is not bounded well.
fn growth(ast: &Ast) -> Option<usize> {
    let sum =
        |parts: Vec<&Ast>| parts.into_iter().try_fold(0usize, |sum, part| Some(sum.saturating_add(growth(part)?)));
    let product = |a: &Ast, b: &Ast| Some(growth(a)?.saturating_mul(growth(b)?));
    Some(match ast {
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Slice { .. } | Ast::Literal { .. } => 1,
        Ast::Comparison { lhs, rhs, .. } | Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => {
            growth(lhs)?.max(growth(rhs)?)
        }
        Ast::Condition { predicate, then, .. } => growth(predicate)?.max(growth(then)?),
        Ast::Expref { ast, .. } => growth(ast)?,
        Ast::Flatten { node, .. } | Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => growth(node)?,
        Ast::MultiList { elements, .. } => sum(elements.iter().collect())?.max(1),
        Ast::MultiHash { elements, .. } => sum(elements.iter().map(|pair| &pair.value).collect())?.max(1),
        Ast::Projection { lhs, rhs, .. } | Ast::Subexpr { lhs, rhs, .. } => product(lhs, rhs)?,
        Ast::Function { name, args, .. } => {
            let all = args.iter().try_fold(1usize, |all, arg| Some(all.saturating_mul(growth(arg)?)))?;
            match name.as_str() {
                // Quotes are escaped, and escapes escaped again.
                "to_string" => all.saturating_mul(2),
                // The glue stands between all of them: only a written one has a known size.
                "join" if !matches!(args.first(), Some(Ast::Literal { .. })) => return None,
                "join" => all.saturating_mul(2),
                "merge" => sum(args.iter().collect())?,
                _ => all,
            }
        }
    })
}

/// The fields that are looked up in the input itself.
fn first_fields(ast: &Ast, keys: &mut Vec<String>) {
    match ast {
        Ast::Field { name, .. } => keys.push(name.clone()),
        Ast::Identity { .. } | Ast::Index { .. } | Ast::Slice { .. } | Ast::Literal { .. } => {}
        Ast::Comparison { lhs, rhs, .. } | Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => {
            first_fields(lhs, keys);
            first_fields(rhs, keys);
        }
        // What stands right of these looks at their result.
        Ast::Projection { lhs, .. } | Ast::Subexpr { lhs, .. } => first_fields(lhs, keys),
        Ast::Condition { predicate, then, .. } => {
            first_fields(predicate, keys);
            first_fields(then, keys);
        }
        Ast::Expref { .. } => {}
        Ast::Flatten { node, .. } | Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => first_fields(node, keys),
        Ast::MultiList { elements, .. } => elements.iter().for_each(|part| first_fields(part, keys)),
        Ast::MultiHash { elements, .. } => elements.iter().for_each(|pair| first_fields(&pair.value, keys)),
        Ast::Function { args, .. } => args.iter().for_each(|arg| first_fields(arg, keys)),
    }
}

/// What a role, a group or a claim can be: a text, a number or a truth value.
#[must_use]
pub(super) fn scalar(value: &Variable) -> Option<super::claim::Scalar> {
    use super::claim::Scalar;
    match value {
        Variable::String(text) => Some(Scalar::Text(text.clone())),
        Variable::Bool(truth) => Some(Scalar::Bool(*truth)),
        Variable::Number(number) => Some(Scalar::Number(number.to_string())),
        Variable::Null | Variable::Array(_) | Variable::Object(_) | Variable::Expref(_) => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    fn claims(json: &str) -> Rcvar {
        Rcvar::new(Variable::from_json(json).unwrap())
    }

    #[test]
    fn says_what_the_claims_come_to() {
        let role = Expression::compile("contains(groups[*], 'admin') && 'Admin' || 'Viewer'").unwrap();
        let value = |json: &str| role.evaluate(&claims(json)).map(|v| v.as_string().cloned());
        assert_eq!(value(r#"{"groups":["admin"]}"#).unwrap().as_deref(), Some("Admin"));
        assert_eq!(value(r#"{"groups":["x"]}"#).unwrap().as_deref(), Some("Viewer"));
        assert!(value("{}").unwrap_err().contains("expects type"), "{:?}", value("{}"));
    }

    #[test]
    fn knows_the_keys_it_reads() {
        let keys = |text: &str| Expression::compile(text).unwrap().keys();
        assert_eq!(keys("realm_access.roles[?starts_with(@, 'x')] | [0]"), ["realm_access"]);
        assert_eq!(keys("contains(groups[*], 'a') && email == 'b'"), ["email", "groups"]);
        assert_eq!(keys("'Viewer'"), Vec::<String>::new());
    }

    #[test]
    fn w25_what_costs_too_much_is_refused_before_it_is_compiled() {
        let refused = |text: &str| Expression::compile(text).unwrap_err();
        assert!(refused(&"a".repeat(1025)).contains("1024"));
        assert!(refused(&"(".repeat(500)).contains("nested"));
        assert!(refused(&"!".repeat(500)).contains("nested"));
        assert!(refused("[@,@][] | ".repeat(30).trim_end_matches(" | ")).contains("16 times"));
        assert!(refused(&format!("{}@{}", "to_string(".repeat(8), ")".repeat(8))).contains("16 times"));
        assert!(refused("join(a, b)").contains("16 times"));
        assert!(refused("groups[").starts_with("column"));
        assert!(Expression::compile("join(', ', groups)").is_ok());
        assert!(Expression::compile(&format!("a{}", ".a".repeat(500))).is_ok());
        assert!(Expression::compile("'((((' || name").is_ok());
    }
}

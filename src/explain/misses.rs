//! Why not more: every rule that does not match somebody, and what is in its way.

use super::book::Book;
use super::person::Source;
use super::value::Miss;
use rosterd_core::mapping::Outcome;
use std::collections::BTreeSet;

/// Rules that match through no identity, in the configuration's order.
pub(super) fn misses(book: &Book<'_>, sources: &[Source<'_>]) -> Vec<Miss> {
    let mut misses = Vec::new();
    for rule in &book.config.rules {
        let mut whys = BTreeSet::new();
        let mut hit = false;
        for source in sources {
            let Some(tried) = &source.tried else { continue };
            let Some(outcome) = tried.place_of(&rule.id).and_then(|at| tried.outcome(at)) else { continue };
            match outcome {
                Outcome::Hit(_) => hit = true,
                Outcome::NoGroupFits => {
                    whys.insert(book.misfit(rule).to_owned());
                }
                Outcome::Unknown => {
                    whys.insert("the provider does not say what it looks at".to_owned());
                }
                Outcome::NotAll => {
                    whys.insert("only a part of what it asks for fits".to_owned());
                }
                Outcome::RuledOut(group) => {
                    let name = source.ways.get(*group).map_or("?", |group| group.name.as_str());
                    whys.insert(format!("ruled out by the group {name}"));
                }
            }
        }
        if hit {
            continue;
        }
        if whys.is_empty() {
            whys.insert(nowhere(book, sources, rule.provider.as_ref().map(|names| names.as_slice())));
        }
        let why = whys.into_iter().collect::<Vec<_>>().join("; ");
        misses.push(Miss { rule: rule.id.clone(), at: book.at(&rule.id), wants: book.wants(&rule.id), why });
    }
    misses
}

/// The rule was not even tried: no provider that it is for has the person.
fn nowhere(book: &Book<'_>, sources: &[Source<'_>], wanted: Option<&[String]>) -> String {
    let names: Vec<&str> = match wanted {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => book.config.providers.keys().map(String::as_str).collect(),
    };
    let gone = |name: &&&str| sources.iter().any(|source| source.identity.provider == **name);
    match names.iter().find(gone) {
        Some(name) => format!("gone from provider {name}"),
        None => format!("not known at provider {}", names.join(", ")),
    }
}

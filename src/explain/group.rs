//! From what the database knows of a group and what the configuration says, to what it does. No I/O.

use super::book::Book;
use super::value::{Gives, Group, Looks};
use super::ways::Ways;
use crate::store::GroupView;
use rosterd_core::mapping::{Claims, Outcome, Person, RuleSet, outcomes};

pub(crate) fn explain(view: &GroupView, book: &Book<'_>) -> Group {
    let ways = Ways::new(&view.above);
    let own = view.group.id;
    let up = |to: i64| ways.path(&[own], to);
    let gives = view.gives.iter().map(|(rule, kind, target, people)| Gives {
        rule: rule.clone(),
        at: book.at(rule),
        kind: kind.clone(),
        target: target.clone(),
        people: *people,
    });
    let mut within: Vec<Vec<String>> =
        view.above.iter().filter(|group| group.id != own).map(|group| up(group.id)).collect();
    within.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    Group {
        provider: view.provider.clone(),
        configured: book.of(&view.provider).is_some(),
        id: view.group.subject.clone(),
        name: view.group.name.clone(),
        dn: view.group.dn.clone(),
        gone_at: view.group.gone_at,
        direct_people: view.direct_people,
        groups: view.children.clone(),
        within,
        rules: looks(view, book, &ways),
        gives: gives.collect(),
    }
}

/// Rules that see this group in somebody who is in no other but those above it.
fn looks(view: &GroupView, book: &Book<'_>, ways: &Ways<'_>) -> Vec<Looks> {
    let Some(rules) = book.of(&view.provider) else { return Vec::new() };
    let mut found = Vec::new();
    let facts = ways.facts();
    let everything: Vec<u32> = (0..facts.len() as u32).collect();
    let claims = &Claims::default();
    let member = Person { groups: &everything, groups_known: true, claims, dn: "" };
    for (rule, outcome) in rules.rules.iter().zip(outcomes(rules, &facts, &member)) {
        let mut look = |how, path| {
            let (at, wants) = (book.at(&rule.id), book.wants(&rule.id));
            found.push(Looks { rule: rule.id.clone(), at, how, path, wants });
        };
        let path = |at: u32| ways.get(at).map(|group| ways.path(&[view.group.id], group.id)).unwrap_or_default();
        match outcome.outcome {
            Outcome::Hit(via) => via.into_iter().for_each(|at| look("matches", path(at))),
            Outcome::NotAll => look("part", Vec::new()),
            Outcome::RuledOut(at) => look("rules_out", path(at)),
            // Claims are a person's: only of the groups that it also asks for something can be said.
            Outcome::Unknown => {
                let part = book.group_part(&view.provider, &rule.id);
                let sees = |part: &RuleSet| {
                    let found = outcomes(part, &facts, &member);
                    found.iter().any(|one| matches!(one.outcome, Outcome::Hit(_)))
                };
                if part.as_ref().is_some_and(sees) {
                    look("part", Vec::new());
                }
            }
            Outcome::NoGroupFits => {}
        }
    }
    found
}

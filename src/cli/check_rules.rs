//! `rosterd check rules`: the configuration's rules held against what the database last saw of each
//! provider. Reads only, and asks no provider.
//!
//! Says only what is certain: a provider that was never read says nothing about its groups, and a
//! rule about claims may match whatever the groups are.

use super::args::{Args, Output};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{note, print, write_out};
use crate::clock::{Clock, SystemClock};
use crate::config::{Code, Diagnostics, Loaded, Match, Rule, quoted};
use crate::store::{BreakGlass, Store};
use crate::sync::rules_for;
use rosterd_core::dn;
use rosterd_core::mapping::{Claims, GroupFacts, Outcome, Person, outcomes};
use rosterd_core::nesting::Nesting;
use rosterd_core::observed::Observed;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::read(args)?;
    let mut found = loaded.warnings.clone();
    let store = context::open_to_plan(args, &loaded).await?;
    let seen = seen(&loaded, store.as_ref()).await?;
    for rule in &loaded.config.rules {
        check(rule, &loaded, &seen, &mut found);
    }
    if args.output == Output::Table {
        if found.is_empty() {
            write_out(&format!("{}: nothing to say of its rules\n", args.config.display()))?;
        } else {
            write_out(&found.to_string())?;
        }
    } else {
        let read: Vec<&String> = seen.keys().collect();
        print(args, String::new, || json!({ "warnings": found, "providers_read": read }))?;
    }
    let break_glass = store.break_glass(&loaded.config.accounts.break_glass).await?;
    let warnings: Vec<String> = break_glass.iter().filter_map(BreakGlass::warning).collect();
    for warning in &warnings {
        note(args, &format!("warning: {warning}"));
    }
    if args.deny_warnings && (!found.is_empty() || !warnings.is_empty()) {
        note(args, "warnings are denied (--deny-warnings)");
        return Ok(Exit::Warnings);
    }
    Ok(Exit::Done)
}

/// What the database knows of a provider that was read at least once.
struct Seen {
    names: BTreeSet<String>,
    names_in_small: BTreeSet<String>,
    /// As written.
    dns: BTreeSet<String>,
    /// In normal form.
    normal: BTreeSet<String>,
    /// By the rule's id: whether the groups that have people in them can make it match.
    /// Nothing where nobody is left.
    matches: Option<BTreeMap<String, bool>>,
}

async fn seen(loaded: &Loaded, store: &dyn Store) -> Result<BTreeMap<String, Seen>, Failure> {
    let mut all = BTreeMap::new();
    for name in loaded.config.providers.keys() {
        let observed = store.observe(name, SystemClock.now()).await?;
        if observed.provider.as_ref().is_none_or(|provider| provider.applied_at.is_none()) {
            continue;
        }
        let mut seen = Seen {
            names: BTreeSet::new(),
            names_in_small: BTreeSet::new(),
            dns: BTreeSet::new(),
            normal: BTreeSet::new(),
            matches: matches(loaded, name, &observed)?,
        };
        for group in &observed.groups {
            let (name, dn) = (observed.texts.get(group.name), observed.texts.get(group.dn));
            seen.names.insert(name.to_owned());
            seen.names_in_small.insert(name.to_lowercase());
            seen.dns.insert(dn.to_owned());
            let mut normal = String::new();
            if dn::normalize_into(dn, &mut normal).is_ok() {
                seen.normal.insert(normal);
            }
        }
        all.insert(name.clone(), seen);
    }
    Ok(all)
}

/// Tries every rule on somebody who would be in every group that has people in it. A rule that
/// doesn't match even then matches nobody, unless it asks for more than groups.
fn matches(loaded: &Loaded, provider: &str, observed: &Observed) -> Result<Option<BTreeMap<String, bool>>, Failure> {
    let people: Vec<_> = observed.identities.iter().filter(|identity| identity.gone_at.is_none()).collect();
    if people.is_empty() {
        return Ok(None);
    }
    let rules = rules_for(&loaded.config, provider).map_err(|error| Failure::new(Exit::Configuration, error))?;
    let places: BTreeMap<_, u32> = (0u32..).zip(&observed.groups).map(|(at, group)| (group.id, at)).collect();
    let edges = (0u32..).zip(&observed.groups).flat_map(|(at, group)| {
        let parents = group.parents.iter().filter_map(|parent| places.get(parent));
        parents.map(move |parent| (at, *parent)).collect::<Vec<_>>()
    });
    let mut nesting = Nesting::new(observed.groups.len(), edges);
    let direct: BTreeSet<u32> =
        people.iter().flat_map(|identity| &identity.groups).filter_map(|group| places.get(group).copied()).collect();
    let mut groups = Vec::new();
    for group in direct {
        nesting.extend_with_ancestors(group, &mut groups);
    }
    groups.sort_unstable();
    groups.dedup();
    let text = |text| observed.texts.get(text);
    let facts: Vec<_> =
        observed.groups.iter().map(|group| GroupFacts { dn: text(group.dn), name: text(group.name) }).collect();
    let claims = Claims::default();
    let everybody = Person { groups: &groups, groups_known: true, claims: &claims, dn: "" };
    let tried = outcomes(&rules, &facts, &everybody).into_iter();
    let tried = tried.filter_map(|tried| {
        let rule = rules.rules.get(tried.rule as usize)?;
        let possible = matches!(tried.outcome, Outcome::Hit(_));
        Some((rule.id.clone(), possible))
    });
    Ok(Some(tried.collect()))
}

fn check(rule: &Rule, loaded: &Loaded, seen: &BTreeMap<String, Seen>, found: &mut Diagnostics) {
    let at = loaded.places.rule(&rule.id).unwrap_or_default();
    let named: Vec<&String> = match &rule.provider {
        Some(names) => names.as_slice().iter().collect(),
        None => loaded.config.providers.keys().collect(),
    };
    let Some(read) = named.iter().map(|name| seen.get(*name)).collect::<Option<Vec<_>>>() else { return };
    if read.is_empty() {
        return;
    }
    let sensitive = |name: &&String| {
        let provider = loaded.config.providers.get(*name).is_some_and(|provider| provider.case_sensitive);
        rule.case_sensitive.unwrap_or(provider)
    };
    let mut never = false;
    let mut wanted = Vec::new();
    groups(&rule.matches, &mut wanted);
    for group in wanted {
        if named.iter().zip(&read).any(|(name, seen)| seen.has(group, sensitive(name))) {
            continue;
        }
        never = true;
        let message =
            format!("no provider of rule {} has ever had the group {}", quoted(&rule.id), quoted(group.text()));
        let help = "look for a misspelt name, or a group outside what is read: `rosterd explain group NAME`";
        found.add(&at, Code::GroupNeverSeen, message, help);
    }
    if never || needs_more(&rule.matches) {
        return;
    }
    let nobody = |seen: &&Seen| seen.matches.as_ref().is_some_and(|matches| matches.get(&rule.id) == Some(&false));
    if read.iter().all(nobody) {
        let message =
            format!("rule {} matches nobody whom its providers had when they were last read", quoted(&rule.id));
        let help = "`rosterd explain user LOGIN` says what is in the way for one person";
        found.add(&at, Code::RuleMatchesNobody, message, help);
    }
}

/// One group that a rule names.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    DnOrName(&'a str),
    Exact(&'a str),
}

impl<'a> Wanted<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::DnOrName(text) | Self::Exact(text) => text,
        }
    }
}

impl Seen {
    fn has(&self, group: Wanted<'_>, case_sensitive: bool) -> bool {
        match group {
            Wanted::DnOrName(text) if text.contains('=') => {
                let mut normal = String::new();
                dn::normalize_into(text, &mut normal).is_ok() && self.normal.contains(&normal)
            }
            Wanted::Exact(text) if case_sensitive => self.dns.contains(text) || self.names.contains(text),
            Wanted::Exact(text) => {
                let small = text.to_lowercase();
                self.names_in_small.contains(&small) || self.dns.iter().any(|dn| dn.to_lowercase() == small)
            }
            Wanted::DnOrName(text) if case_sensitive => self.names.contains(text),
            Wanted::DnOrName(text) => self.names_in_small.contains(&text.to_lowercase()),
        }
    }
}

fn groups<'a>(matches: &'a Match, found: &mut Vec<Wanted<'a>>) {
    match matches {
        Match::Group(text) if text != "*" => found.push(Wanted::DnOrName(text)),
        Match::GroupExact(text) => found.push(Wanted::Exact(text)),
        Match::Any(parts) | Match::All(parts) | Match::None(parts) => {
            parts.iter().for_each(|part| groups(part, found));
        }
        Match::Group(_) | Match::GroupGlob(_) | Match::GroupRegex(_) | Match::Claim(_) | Match::Expression(_) => {}
    }
}

/// Whether more than the groups that somebody is in decides.
fn needs_more(matches: &Match) -> bool {
    match matches {
        Match::Claim(_) | Match::Expression(_) | Match::None(_) => true,
        Match::Any(parts) | Match::All(parts) => parts.iter().any(needs_more),
        Match::Group(_) | Match::GroupExact(_) | Match::GroupGlob(_) | Match::GroupRegex(_) => false,
    }
}

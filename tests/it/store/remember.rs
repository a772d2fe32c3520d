//! What is remembered besides memberships: the keys of organizations, what a provider said of
//! people, and all of it as a reading again.

use super::fixture::{CLAIMS, NOW, company, empty, identity, org};
use super::{Site, on_both};
use rosterd::store::StoreError;
use rosterd_core::ids::{ReadingNumber, Timestamp};
use rosterd_core::mapping::{RuleSet, TermsSpec};
use rosterd_core::observed::Observed;
use rosterd_core::plan::{Input, Policy, RunFacts, plan};
use rosterd_core::snapshot::{GroupFields, PersonFields, PersonIndex, Reading, SnapshotBuilder};
use rosterd_core::text::Text;
use rosterd_core::writes::{IdentityWrite, Trigger};
use std::sync::Arc;

on_both!(
    organizations_are_renamed_and_get_keys,
    claims_are_written_and_forgotten,
    what_was_applied_is_read_back,
    nothing_is_known_of_a_provider_that_was_never_applied,
);

async fn organizations_are_renamed_and_get_keys(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    // Two swap their names and their keys, and a new one takes the key that is given up.
    let mut w = empty(1);
    w.changed_orgs = vec![org(&mut w, 1, "p-1", "Sales"), org(&mut w, 2, "", "Platform")];
    w.new_orgs = vec![org(&mut w, 3, "s-2", AWKWARD)];
    let applied = store.apply(Arc::new(w), NOW).await.unwrap();
    assert_eq!(applied.rows, 3 + 2, "and the run, and providers.applied_at");
    let orgs = "SELECT id, key, name, created_at FROM orgs WHERE id < 3 ORDER BY id";
    assert_eq!(site.by_hand(orgs), "1|p-1|Sales|1000000\n2||Platform|1000000\n");
    let o = store.observe("corp", NOW).await.unwrap();
    let row = o.orgs.last().map(|row| (o.texts.get(row.key), o.texts.get(row.name)));
    assert_eq!(row, Some(("s-2", AWKWARD)));
    // A key that somebody took by hand, and an organization that is gone: plan again.
    for (id, key) in [(2, "p-1"), (9, "p-9")] {
        let mut w = empty(2);
        w.changed_orgs = vec![org(&mut w, id, key, "New")];
        let refused = store.apply(Arc::new(w), NOW).await.unwrap_err();
        assert!(matches!(refused, StoreError::Moved), "{refused:?}");
    }
}

async fn claims_are_written_and_forgotten(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), NOW).await.unwrap();
    assert_eq!(site.by_hand("SELECT count(*) FROM identities WHERE claims IS NULL"), "2\n");
    let shown = async |login: &str| store.people(login).await.unwrap()[0].identities[0].claims.clone();
    assert_eq!((shown("ana").await, shown("bob").await), (CLAIMS.to_owned(), String::new()));
    let mut w = empty(1);
    let (one, two) = (identity(&mut w, 1, &[], &[]), identity(&mut w, 2, &[], &[]));
    let claims = w.texts.push(CLAIMS);
    w.identities =
        vec![IdentityWrite { new: false, claims: Text::EMPTY, ..one }, IdentityWrite { new: false, claims, ..two }];
    store.apply(Arc::new(w), NOW).await.unwrap();
    assert_eq!((shown("ana").await, shown("bob").await), (String::new(), CLAIMS.to_owned()));
    assert_eq!(site.by_hand("SELECT id FROM identities WHERE claims IS NULL ORDER BY id"), "1\n3\n");
}

/// A text that every format has to escape.
const AWKWARD: &str = super::fixture::AWKWARD;

/// Three people, three groups (the first in the second in the third), and texts that are not plain.
fn reading(people: u32) -> Reading {
    let mut builder = SnapshotBuilder::new(1);
    let part = builder.begin("all");
    let groups: Vec<_> = (1..=3)
        .map(|id| {
            let (subject, dn) = (format!("g{id}"), format!("cn=g{id},dc=x"));
            let dn = (id < 3).then_some(dn.as_str());
            builder.group(GroupFields { subject: &subject, dn, name: AWKWARD }).unwrap()
        })
        .collect();
    builder.nested(groups[0], groups[1]);
    builder.nested(groups[1], groups[2]);
    builder.nested(groups[0], groups[2]);
    for id in 1..=people {
        let (subject, login) = (format!("s{id}"), format!("login{id}"));
        let dn = format!("uid={login},dc=x");
        let fields = PersonFields {
            subject: &subject,
            dn: (id != 2).then_some(&dn),
            login: Some(&login),
            name: (id == 1).then_some(AWKWARD),
            email: None,
            claims: (id == 1).then_some(CLAIMS),
        };
        let person = builder.person(fields).unwrap();
        for group in groups.iter().take(id as usize % 3) {
            builder.member(person, *group);
        }
    }
    builder.end(part);
    builder.finish()
}

/// Everything in it, a line a thing.
fn lines(reading: &Reading) -> Vec<String> {
    let s = reading.snapshot();
    let t = |text| s.texts.get(text);
    let mut out: Vec<String> = reading.gaps().iter().map(|gap| format!("! {gap}")).collect();
    for (at, p) in (0u32..).zip(&s.people) {
        let groups: Vec<u32> = s.groups_of(PersonIndex(at)).map(|group| group.0).collect();
        let texts = [p.subject, p.dn, p.login, p.name, p.email, p.claims].map(t);
        out.push(format!("person {texts:?} in {groups:?}"));
    }
    out.extend(s.groups.iter().map(|g| format!("group {:?}", [g.subject, g.dn, g.name].map(t))));
    out.push(format!("{:?}", s.nested));
    out
}

async fn what_was_applied_is_read_back(site: Site) {
    let store = site.store().await;
    let rules = RuleSet::compile(&[], &TermsSpec::default()).unwrap();
    let policy = Policy::default();
    // The second time one person and nothing else is gone.
    for people in [4, 3] {
        let observed: Observed = store.observe("corp", NOW).await.unwrap();
        let (rules, policy, given) = (&rules, &policy, Vec::new());
        let wanted = reading(people);
        assert!(matches!(wanted, Reading::Complete(_)));
        let expected = lines(&wanted);
        let plan = plan(Input {
            provider: "corp",
            observed,
            reading: wanted,
            rules,
            policy,
            number: ReadingNumber(1),
            given,
            login: None,
            now: NOW,
        });
        let facts = RunFacts { trigger: Trigger::Command, started_at: NOW, hold: None, epoch: None };
        store.apply(Arc::new(plan.into_writes(facts)), NOW).await.unwrap();
        let back = store.last_reading("corp", 7).await.unwrap();
        assert!(matches!(back, Reading::Complete(_)));
        assert_eq!(lines(&back), expected);
        assert_eq!(expected.len(), people as usize + 4);
        // And the same plan again writes nothing: the claims are part of what is compared.
        let observed = store.observe("corp", NOW).await.unwrap();
        let input = |observed, reading| Input {
            provider: "corp",
            observed,
            reading,
            rules,
            policy,
            number: ReadingNumber(1),
            given: Vec::new(),
            login: None,
            now: NOW,
        };
        assert!(rosterd_core::plan::plan(input(observed, back)).is_empty());
    }
}

async fn nothing_is_known_of_a_provider_that_was_never_applied(site: Site) {
    let store = site.store().await;
    store.apply(Arc::new(company()), Timestamp(1)).await.unwrap();
    let Err(StoreError::Refused(message)) = store.last_reading("partners", 7).await else { panic!("it knew") };
    assert!(message.contains("partners") && message.contains("rosterd sync"), "{message}");
    let absent: &dyn rosterd::store::Store = &rosterd::store::Absent;
    let Err(StoreError::Refused(message)) = absent.last_reading("corp", 7).await else { panic!("it knew") };
    assert!(message.contains("rosterd sync"), "{message}");
}

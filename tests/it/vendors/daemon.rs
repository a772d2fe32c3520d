//! Changes of Entra ID become the authorization tables before everything is read again.

use super::fake::{Fake, Make};
use super::follow::asks_since;
use super::main_job::configuration;
use super::shaped;
use crate::world::company::{Company, Group, person};
use crate::world::database::Backend;
use crate::world::expected::tables;
use crate::world::invariants;
use crate::world::rosterd::Running;
use crate::world::scripted_http::{Asked, Reply};
use crate::world::site::Site;
use crate::world::wait_until;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const KIND: &str = "application/json";

/// The daemon over such a tenant, which reads everything once a day.
struct Daemon {
    fake: Fake,
    site: Site,
    running: Running,
}

const NO_LIMITS: &str = "[limits]\nremovals_percent = 100\nemptied_at_least = 100000\nprivileged_gains = 100000\n";

impl Daemon {
    fn start(tamper: impl Fn(&Asked, Reply) -> Reply + Send + Sync + 'static) -> Self {
        let fake = Fake::tampered(Make::Graph, shaped(Make::Graph, Company::new(60, 30, 7)), 20, tamper);
        let follow = "[providers.hr.graph]\nfollow = { by = \"delta\", every = \"100ms\" }";
        let text = configuration(&fake)
            .replace("create_missing", "every = \"24h\"\ncreate_missing")
            .replace("[providers.hr.graph]", follow);
        let site = Site::new(Backend::Sqlite, &(text + NO_LIMITS));
        site.secret("secret", &fake.make.secret());
        site.run(&["db", "migrate"]).expect(0);
        let running = site.start(&["run"], &[]);
        let daemon = Self { fake, site, running };
        daemon.caught_up("the first run");
        daemon
    }

    #[track_caller]
    fn caught_up(&self, what: &str) {
        let right = || self.site.tables() == tables(&self.fake.company());
        assert!(wait_until(20, right), "{what}\n{}", self.running.stderr_so_far());
    }

    #[track_caller]
    fn follows(&self, what: &str, change: impl FnOnce(&mut Company)) {
        let before = self.readings();
        change(&mut self.fake.world.lock().unwrap().company);
        self.caught_up(what);
        assert_eq!(self.readings(), before, "{what}: everything was read\n{}", self.running.stderr_so_far());
    }

    /// How often everything was read: pages of all users.
    fn readings(&self) -> usize {
        self.fake.server.asked().iter().filter(|asked| asked.path() == "/v1.0/users").count()
    }
}

#[test]
fn changes_of_entra_are_followed_before_everything_is_read_again() {
    let daemon = Daemon::start(|_, reply| reply);
    daemon.follows("a joiner", |company| {
        company.people.push(person(60));
        for group in ["team-003", "lead-001"] {
            company.group_mut(group).people.insert(60);
        }
    });
    daemon.follows("a mover", |company| {
        let mover = *company.group_of("team-010").people.first().unwrap();
        company.group_mut("team-010").people.remove(&mover);
        company.group_mut("team-011").people.insert(mover);
    });
    daemon.follows("a leaver", |company| {
        let leaver = *company.group_of("team-012").people.first().unwrap();
        company.groups.iter_mut().for_each(|group| _ = group.people.remove(&leaver));
        company.people[leaver].gone = true;
    });
    daemon.follows("another name", |company| company.people[7].name = "Another Name".to_owned());
    daemon.follows("a group in a group", |company| {
        let (inner, outer) = (company.find("team-003"), company.find("dept-01"));
        let groups = &mut company.groups[outer].groups;
        if !groups.remove(&inner) {
            groups.insert(inner);
        }
    });
    daemon.follows("a group with another name", |company| company.group_mut("team-005").name = "team-500".to_owned());
    daemon.follows("a new group", |company| {
        let people = BTreeSet::from([3, 4, 60]);
        let uuid = "00000000-0000-4000-9000-000000000777".to_owned();
        company.groups.push(Group { uuid, name: "team-777".to_owned(), people, ..Group::default() });
    });
    let paused = *daemon.fake.company().group_of("team-013").people.first().unwrap();
    let login = daemon.fake.company().people[paused].login.clone();
    daemon.fake.world.lock().unwrap().paused.insert(paused);
    assert!(wait_until(20, || daemon.site.tables().state(&login) == Some("suspended")));
    daemon.fake.world.lock().unwrap().paused.remove(&paused);
    daemon.caught_up("an account that may be used again");
    // The team stays, without anybody.
    let before = daemon.readings();
    daemon.fake.world.lock().unwrap().company.groups.pop();
    let login = daemon.fake.company().people[60].login.clone();
    assert!(wait_until(20, || daemon.site.tables().team_role("Team 777", &login).is_none()));
    assert_eq!(daemon.readings(), before);
    // A full reading finds what was followed, and nothing else.
    daemon.running.signal("TERM");
    daemon.running.wait();
    let before = daemon.site.tables();
    invariants::check(&daemon.site).expect(0);
    assert_eq!(daemon.site.tables(), before);
}

#[test]
fn a_token_that_is_too_old_is_a_reason_to_read_everything_once() {
    let old = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&old);
    let daemon = Daemon::start(move |asked, reply| {
        let refused = asks_since(asked) && state.load(Ordering::Relaxed);
        if refused { Reply::new(410, KIND, r#"{"error":{"code":"syncStateNotFound"}}"#) } else { reply }
    });
    let before = daemon.readings();
    old.store(true, Ordering::Relaxed);
    assert!(wait_until(20, || daemon.readings() > before), "{}", daemon.running.stderr_so_far());
    old.store(false, Ordering::Relaxed);
    daemon.fake.world.lock().unwrap().company.group_mut("team-010").people.insert(5);
    daemon.caught_up("after a token that was too old");
}

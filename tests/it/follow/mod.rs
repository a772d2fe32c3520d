//! Between two full readings the daemon follows what a directory says has changed: joiners, movers, leavers,
//! renames, groups in groups. What comes of it is what a full reading makes of the same directory.

mod active_directory;
mod behaviour;
mod controllers;
#[cfg(feature = "gssapi")]
mod kerberos;
mod lost;
mod timestamps;
mod walk;

use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::ds389::Ds389;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::ldap_edit::Edited;
use crate::world::rosterd::Running;
use crate::world::samba::{AD_READER, Samba};
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::{ADMIN, NO_SYNC, READER, SUFFIX, SYNC_LOG, SYNC_PRESENT, Slapd};
use crate::world::wait_until;
use walk::NO_LIMITS;

/// A directory that tells of changes, and the daemon that follows them; or no daemon, where everything is read
/// after each change.
#[derive(Debug)]
struct Followed<S = Slapd> {
    directory: Directory<S>,
    site: Site,
    running: Option<Running>,
}

/// `ROSTERD_DIRECTORIES=whole`: as `make test-directories` has it.
fn whole() -> bool {
    std::env::var("ROSTERD_DIRECTORIES").is_ok_and(|how| how == "whole")
}

/// For directories that take long to start. PostgreSQL too where there is time: that changes are followed into it, slapd
/// shows, which starts at once.
fn backends() -> Vec<Backend> {
    if whole() { vec![Backend::Sqlite, Backend::Postgres] } else { vec![Backend::Sqlite] }
}

impl Followed {
    fn start(backend: Backend, company: Company, sync: &'static str) -> Self {
        Self::every(backend, company, sync, "100ms")
    }

    /// Of a slapd that tells of changes in no way.
    fn by_time(backend: Backend, company: Company, more: &str, by: By) -> Self {
        let directory = Directory::telling(company, NO_SYNC);
        let provider = by_time(&directory.slapd.url(), "entryUUID") + more;
        Self::of(backend, directory, &provider, READER, by)
    }

    /// The same, asked so often.
    fn every(backend: Backend, company: Company, sync: &'static str, every: &str) -> Self {
        let directory = Directory::telling(company, sync);
        let provider = provider(&directory.slapd.url(), "entryUUID", every);
        Self::of(backend, directory, &provider, READER, By::Feed)
    }

    /// Without limits.
    fn slapd(backend: Backend, company: Company, sync: &'static str, by: By) -> Self {
        let directory = Directory::telling(company, sync);
        let provider = provider(&directory.slapd.url(), "entryUUID", "100ms") + NO_LIMITS;
        Self::of(backend, directory, &provider, READER, by)
    }

    /// Read by somebody to whom slapd sends as much as there is.
    fn without_limits(backend: Backend, company: Company) -> Self {
        let directory = Directory::telling(company, SYNC_LOG);
        let provider = provider(&directory.slapd.url(), "entryUUID", "100ms");
        Self::of(backend, directory, &provider, ADMIN, By::Feed)
    }

    fn small(backend: Backend) -> Self {
        Self::start(backend, Company::new(60, 30, 7), SYNC_LOG)
    }
}

impl Followed<Ds389> {
    /// `None` where it is not installed.
    fn ds389(backend: Backend, by: By) -> Option<Self> {
        Self::ds389_of(backend, Company::new(60, 30, 7), "", by)
    }

    /// The same, with more in the configuration.
    fn ds389_of(backend: Backend, company: Company, more: &str, by: By) -> Option<Self> {
        Self::ds389_as(backend, company, |url| provider(url, "nsUniqueId", "100ms") + more, by)
    }

    /// The same, with this configuration of it.
    fn ds389_as(backend: Backend, company: Company, provider: impl Fn(&str) -> String, by: By) -> Option<Self> {
        Ds389::is_there().then(|| {
            let directory = Directory { slapd: Ds389::start(&company.ldif()), company };
            // As long as nothing has ever changed, its cookie means everything.
            let change = format!("dn: ou=moved,{SUFFIX}\nchangetype: modify\nreplace: description\ndescription: x\n");
            directory.slapd.modify(&change);
            let provider = provider(&directory.slapd.url());
            Self::of(backend, directory, &provider, READER, by)
        })
    }
}

impl Followed<Samba> {
    /// `None` where it is not installed, or may not be started. `follow`: how it is followed, by whoever may follow.
    fn active_directory(backend: Backend, follow: &str, by: By) -> Option<Self> {
        Self::domain(backend, Company::new(60, 30, 7), (follow, ""), by, Samba::allow_feeds)
    }

    /// The same, with something of the configuration replaced.
    fn domain_with(backend: Backend, follow: &str, (from, to): (&str, &str)) -> Option<Self> {
        Samba::is_there().then(|| {
            let company = Company::new(60, 30, 7);
            let directory = Directory { slapd: Samba::start(&company), company };
            directory.slapd.allow_feeds();
            let provider = domain(&directory.slapd.url(), follow).replace(from, to);
            Self::of(backend, directory, &provider, AD_READER, By::Feed)
        })
    }

    /// The same, after the administrator has done that.
    fn domain(
        backend: Backend,
        company: Company,
        (follow, more): (&str, &str),
        by: By,
        prepare: fn(&Samba),
    ) -> Option<Self> {
        Samba::is_there().then(|| {
            let directory = Directory { slapd: Samba::start(&company), company };
            prepare(&directory.slapd);
            let provider = domain(&directory.slapd.url(), follow) + more;
            Self::of(backend, directory, &provider, AD_READER, by)
        })
    }

    /// By what the daemon follows.
    fn way(&self) -> String {
        let cursor = self.site.database.value("SELECT cursor FROM feeds");
        let cursor: serde_json::Value = serde_json::from_str(&cursor).unwrap();
        cursor["by"].as_str().unwrap().to_owned()
    }
}

/// How the tables come to what the directory says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// The daemon follows what the directory tells. Everything is read once a day.
    Feed,
    /// Everything is read after each change.
    FullRead,
}

/// A directory whose entries have that immutable id, asked so often.
fn provider(url: &str, id: &str, every: &str) -> String {
    let follow = format!("follow = {{ every = {every:?} }}");
    slapd_provider("corp", url, &follow)
        .replace("create_missing", "every = \"24h\"\ncreate_missing")
        .replace("{ base", &format!("{{ id = {id:?}, base"))
}

/// The same, followed by the times of changes.
fn by_time(url: &str, id: &str) -> String {
    let follow = "by = \"modify-timestamp\", every = \"100ms\", sweep = \"1s\"";
    provider(url, id, "100ms").replace("every = \"100ms\"", follow)
}

/// All of a domain.
fn domain(url: &str, follow: &str) -> String {
    let people = r#"filter = "(&(objectCategory=person)(objectClass=user)(mail=*)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", login = "sAMAccountName", name = "displayName", expires = "accountExpires""#;
    let groups = r#"filter = "(objectClass=group)", member_logins = []"#;
    provider(url, "objectGUID", "100ms")
        .replace("every = \"100ms\"", follow)
        .replace("users = { ", &format!("users = {{ {people}, "))
        .replace("groups = { ", &format!("groups = {{ {groups}, "))
}

impl<S: Edited> Followed<S> {
    /// As this provider, read by that DN with that password.
    fn of(backend: Backend, directory: Directory<S>, provider: &str, who: (&str, &str), by: By) -> Self {
        let site = Site::new(backend, &(provider.replace(READER.0, who.0) + RULES));
        site.secret("reader.pw", who.1);
        site.run(&["db", "migrate"]).expect(0);
        let mut followed = Self { directory, site, running: None };
        if by == By::Feed {
            followed.run();
        }
        followed.caught_up("the first run");
        followed
    }

    fn run(&mut self) {
        self.running = Some(self.site.start(&["run"], &[]));
    }

    fn said(&self) -> String {
        self.running.as_ref().map_or_else(String::new, Running::stderr_so_far)
    }

    /// Waits until the tables are what the directory says.
    #[track_caller]
    fn caught_up(&self, what: &str) {
        if self.running.is_none() {
            self.site.run(&["sync"]).expect(0);
        }
        let right = || self.site.tables() == tables(&self.directory.company);
        if wait_until(30, right) {
            return;
        }
        let (is, should) = (self.site.tables(), tables(&self.directory.company));
        let held = self.site.database.rows("SELECT reasons FROM holds");
        let (missing, over) = (should.beyond(&is), is.beyond(&should));
        panic!("{what}: missing {missing:?}, too much {over:?}, held {held:?}\n{}", self.said());
    }

    /// How many runs a schedule has made, or a feed for want of anything better, that changed something.
    fn runs(&self, trigger: &str) -> usize {
        let sql = format!("SELECT count(*) FROM runs WHERE trigger = '{trigger}'");
        self.site.database.value(&sql).parse().unwrap()
    }

    fn signal(&self, signal: &str) {
        self.running.as_ref().unwrap().signal(signal);
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("TERM");
            running.wait().expect(0);
        }
    }

    /// Waits until a plan is held: its number and its hash.
    #[track_caller]
    fn plan_held(&self) -> (String, String) {
        let held = || self.site.database.rows("SELECT id, plan_hash FROM holds WHERE state = 'pending'");
        assert!(wait_until(30, || !held().is_empty()), "nothing is held: {}", self.said());
        let hold = held().remove(0);
        (hold[0].clone(), hold[1].clone())
    }

    /// Approves it and has it carried out. The daemon is ended.
    #[track_caller]
    fn approve(&mut self, (id, hash): &(String, String)) {
        self.stop();
        self.site.run(&["holds", "approve", id, "--plan", hash]).expect(0);
        self.site.run(&["sync"]).expect(0);
    }

    /// Ends the daemon. A full reading finds nothing that was missed.
    #[track_caller]
    fn close(mut self) {
        self.stop();
        self.site.run(&["sync"]).expect(0).says("changes=0");
        self.site.tables().assert_is(&tables(&self.directory.company));
        invariants::check(&self.site).expect(0);
    }
}

/// A test that failed leaves no daemon behind.
impl<S> Drop for Followed<S> {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.signal("KILL");
        }
    }
}

/// How a slapd remembers what has changed.
const WAYS: [&str; 2] = [SYNC_LOG, SYNC_PRESENT];

//! R39, R60: PostgreSQL itself fails over, in order, by a crash, and with the loss of what was
//! committed last; and a server that only follows is not taken for the database.
#![expect(clippy::print_stdout, reason = "how long it took is what its reader wants")]

use super::oracle;
use crate::world::database::Database;
use crate::world::roster::{PROVIDER, Roster};
use crate::world::rosterd::Running;
use crate::world::site::Site;
use crate::world::{patroni, pg_cluster, wait_until};
use std::collections::BTreeSet;
use std::time::Instant;

fn site(url: String) -> Site {
    let provider = PROVIDER.replace("create_missing", "every = \"200ms\"\ncreate_missing");
    let site =
        Site::on(Database::Postgres(url), tempfile::TempDir::new().unwrap(), &format!("{provider}{}", oracle::RULES));
    site.run(&["db", "migrate"]).expect(0);
    site
}

struct Daemons(Vec<Option<Running>>);

impl Daemons {
    fn start(site: &Site, n: usize) -> Self {
        let one = |n: usize| {
            let name = format!("r{n}");
            let env = [
                ("ROSTERD__DAEMON__LEASE", "2s"),
                ("ROSTERD__DAEMON__REPLICA", &name),
                ("ROSTERD__DAEMON__RETRY", "50ms"),
                ("ROSTERD__DAEMON__RETRY_LONGEST", "500ms"),
                ("ROSTERD_LOG", "info,sqlx=off"),
            ];
            Some(site.start(&["run"], &env))
        };
        Self((0..n).map(one).collect())
    }

    fn said(&self) -> String {
        self.0.iter().flatten().map(Running::stderr_so_far).collect::<Vec<_>>().join("\n---\n")
    }

    fn stop(mut self) {
        for one in &mut self.0 {
            let one = one.take().unwrap();
            one.signal("TERM");
            one.wait().expect(0);
        }
    }
}

impl Drop for Daemons {
    fn drop(&mut self) {
        for one in self.0.iter_mut().filter_map(Option::take) {
            let _said = one.kill();
        }
    }
}

/// The directory says this now; waits until the tables do.
#[track_caller]
fn follows(site: &Site, daemons: &Daemons, roster: &Roster, what: &str) {
    let begun = Instant::now();
    roster.write(site);
    // Somebody's database is away for a while.
    let there =
        || std::process::Command::new("psql").args(["-XqAt", "-d", &site.database.url(), "-c", "SELECT 1"]).output();
    assert!(wait_until(120, || there().unwrap().status.success()), "{what}: no database");
    let people: BTreeSet<String> = roster.people.keys().cloned().collect();
    let ours = || {
        let known: BTreeSet<String> = site.database.rows("SELECT login FROM users").concat().into_iter().collect();
        site.tables() == oracle::tables(roster, &(&known | &people), &BTreeSet::new())
    };
    assert!(wait_until(60, ours), "{what}: {:#?}\n{}", site.tables(), daemons.said());
    println!("{what}: followed after {} ms", begun.elapsed().as_millis());
}

fn epochs(site: &Site) {
    let rows = site.database.rows("SELECT epoch FROM runs WHERE epoch IS NOT NULL ORDER BY id").concat();
    let epochs: Vec<i64> = rows.iter().map(|epoch| epoch.parse().unwrap()).collect();
    assert!(epochs.is_sorted(), "stale writes: {epochs:?}");
}

#[test]
fn r39_patroni_fails_over_and_the_daemons_follow_by_themselves() {
    let Some(mut cluster) = patroni::start() else { return };
    let site = site(cluster.url());
    let mut roster = Roster::of(3, "p", "staff");
    roster.write(&site);
    let daemons = Daemons::start(&site, 2);
    follows(&site, &daemons, &roster, "at first");
    cluster.switch_over();
    roster.add(5, "p", "staff");
    follows(&site, &daemons, &roster, "after a switch-over");
    cluster.wait_for_standby();
    let leader = cluster.leader().unwrap();
    let before: usize = site.database.value("SELECT count(*) FROM audit").parse().unwrap();
    cluster.kill(leader);
    roster.dismiss(1, "p");
    roster.add(7, "q", "staff");
    follows(&site, &daemons, &roster, "after a crash");
    // With a synchronous standby nothing that was committed is lost.
    assert!(site.database.value("SELECT count(*) FROM audit").parse::<usize>().unwrap() > before);
    epochs(&site);
    daemons.stop();
    site.run(&["audit", "verify"]).expect(0);
}

/// Without a synchronous standby a failover loses what was committed last, audit records included.
/// What the directory says is written again.
#[test]
fn r39_what_a_failover_lost_is_written_again() {
    let Some(mut pair) = pg_cluster::pair() else { return };
    let site = site(pair.url());
    let mut roster = Roster::of(3, "p", "staff");
    roster.write(&site);
    let daemons = Daemons::start(&site, 2);
    follows(&site, &daemons, &roster, "at first");
    pair.wait_for_standby();
    pair.cut_replication();
    roster.add(6, "p", "staff");
    roster.dismiss(1, "p");
    follows(&site, &daemons, &roster, "on the old one");
    pair.primary.kill();
    pair.standby.promote();
    follows(&site, &daemons, &roster, "on the new one");
    epochs(&site);
    daemons.stop();
    site.run(&["audit", "verify"]).expect(0);
}

#[test]
fn r60_a_server_that_only_follows_is_not_the_database() {
    let Some(pair) = pg_cluster::pair() else { return };
    let site = site(pair.url());
    Roster::of(3, "p", "staff").write(&site);
    // The standby stands first in the address.
    site.sync(0);
    assert_eq!(site.tables().org_members.len(), 3);
    pair.wait_for_standby();
    let alone = format!("postgres://rosterd@127.0.0.1:{}/postgres", pair.standby.port);
    let env = [("ROSTERD__DATABASE__URL", alone.as_str())];
    Roster::of(4, "p", "staff").write(&site);
    site.start(&["sync"], &env).wait().expect(1).says("standby");
    let both = format!("{},127.0.0.1:{}/postgres", alone.trim_end_matches("/postgres"), pair.standby.port);
    let env = [("ROSTERD__DATABASE__URL", both.as_str())];
    site.start(&["sync"], &env).wait().expect(1).says("a standby");
    assert_eq!(site.tables().org_members.len(), 3);
}

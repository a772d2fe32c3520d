//! R41: pgbouncer in transaction mode between the daemons and PostgreSQL.
#![expect(clippy::print_stdout, reason = "what is left out is said")]

use super::fleet::{Fleet, port, through};
use crate::world::roster::Roster;
use crate::world::{free_port, invariants, listens, wait_until};
use std::os::unix::fs::chown;
use std::process::{Child, Command, Stdio};

struct Bouncer {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// `None`, and said so, when it is not installed. What clients ask for at the start and is `ignored` is
/// left out; anything else that it does not know is refused.
fn bouncer(target: u16, ignored: &str) -> Option<Bouncer> {
    let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().find(|p| std::path::Path::new(p).exists());
    let Some(program) = program else {
        assert!(std::env::var_os("ROSTERD_TEST_ALL").is_none(), "ROSTERD_TEST_ALL is set, and pgbouncer is missing");
        println!("pgbouncer is not installed: its tests are left out");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    // Three server connections for all of them: sessions are shared between clients all the time.
    // `any` lets everybody in as one user, which the tests' PostgreSQL trusts.
    let settings = format!(
        "[databases]\n* = user=rosterd host=127.0.0.1 port={target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\n\
         ignore_startup_parameters = {ignored}\n"
    );
    let file = dir.path().join("pgbouncer.ini");
    std::fs::write(&file, settings).unwrap();
    let mut command = Command::new(program);
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        let id = |flag: &str| -> u32 {
            let out = Command::new("id").args([flag, "postgres"]).output().unwrap();
            String::from_utf8_lossy(&out.stdout).trim().parse().unwrap()
        };
        chown(dir.path(), Some(id("-u")), Some(id("-g"))).unwrap();
        command.args(["-u", "postgres"]);
    }
    let child = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let bouncer = Bouncer { child, port, _dir: dir };
    assert!(wait_until(20, || listens(port)), "pgbouncer does not listen");
    Some(bouncer)
}

#[test]
fn r41_everything_works_through_pgbouncer_in_transaction_mode() {
    let Some(mut fleet) = Fleet::new(2, "1s") else { return };
    let direct = fleet.site.database.url();
    let Some(bouncer) = bouncer(port(&direct), "extra_float_digits") else { return };
    for replica in &mut fleet.replicas {
        replica.proxy = crate::world::proxy::Proxy::start(bouncer.port);
    }
    fleet.write(&Roster::of(3, "p", "staff"));
    fleet.start_all();
    fleet.converges("at first");
    for n in 4..10 {
        fleet.write(&Roster::of(n, "p", "staff"));
        fleet.converges("through the pooler");
        if n % 3 == 0 {
            let (leader, _) = fleet.leader();
            fleet.kill(leader);
            fleet.start(leader);
        }
    }
    fleet.no_stale_write("pgbouncer");
    for n in 0..2 {
        fleet.stop(n);
    }
    // Commands too: a first load copies, a migration locks.
    let url = through(&direct, bouncer.port);
    let env = [("ROSTERD__DATABASE__URL", url.as_str())];
    fleet.site.start(&["sync"], &env).wait().expect(0);
    fleet.site.start(&["db", "migrate"], &env).wait().expect(0).says("up to date");
    assert_eq!(names(&url), 0, "statements were kept under names in connections that others share");
    // It keeps its connections, and the next look counts those.
    drop(bouncer);
    invariants::check(&fleet.site).expect(0);
}

/// A database that was synced through a pooler which leaves out what it does not know, and its address there.
fn synced_through_a_silent_one() -> Option<(Fleet, Bouncer, String)> {
    let mut fleet = Fleet::new(0, "1s")?;
    let direct = fleet.site.database.url();
    let bouncer = bouncer(port(&direct), "extra_float_digits, options")?;
    fleet.write(&Roster::of(3, "p", "staff"));
    let url = through(&direct, bouncer.port);
    fleet.site.start(&["sync"], &[("ROSTERD__DATABASE__URL", url.as_str())]).wait().expect(0);
    Some((fleet, bouncer, url))
}

/// What tells a pooler from a server is left out here, not refused.
#[test]
fn r41_a_pooler_is_known_that_leaves_out_what_it_does_not_know() {
    let Some((fleet, bouncer, url)) = synced_through_a_silent_one() else { return };
    let env = [("ROSTERD__DATABASE__URL", url.as_str())];
    fleet.site.start(&["look", "p000"], &env).wait().expect(0).says("nothing to change");
    assert_eq!(names(&url), 0, "statements were kept under names in connections that others share");
    drop(bouncer);
    invariants::check(&fleet.site).expect(0);
}

/// What is sent in two messages outside a transaction meets another server connection by the second,
/// once others get in between.
#[test]
fn r41_many_at_once_share_a_pooler_s_connections() {
    let Some((fleet, bouncer, url)) = synced_through_a_silent_one() else { return };
    let env = [("ROSTERD__DATABASE__URL", url.as_str())];
    for _ in 0..5 {
        let together: Vec<_> = (0..8).map(|_| fleet.site.start(&["look", "p000"], &env)).collect();
        for one in together {
            one.wait().expect(0).says("nothing to change");
        }
    }
    drop(bouncer);
    invariants::check(&fleet.site).expect(0);
}

/// How many statements have names in the server's connections that a pooler hands out.
fn names(url: &str) -> usize {
    let ask = |_| {
        let sql = "SELECT count(*) FROM pg_prepared_statements";
        let output = Command::new("psql").args(["-XAt", "-d", url, "-c", sql]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().parse::<usize>().unwrap()
    };
    (0..9).map(ask).sum()
}

//! Told to stop, it finishes what is under way; told twice, or too long after, it does not.

use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::proxy::{Fault, Proxy};
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::rosterd::Running;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::Slapd;
use crate::world::wait_until;

/// A directory that answers until a proxy freezes: a run under way waits for it.
struct Slow {
    _slapd: Slapd,
    proxy: Proxy,
    site: Site,
    running: Running,
}

fn slow(more: &str) -> Slow {
    let slapd = Slapd::start(&Company::new(60, 30, 1).ldif());
    let proxy = Proxy::start(slapd.port());
    let url = format!("ldap://127.0.0.1:{}", proxy.port());
    let provider = slapd_provider("corp", &url, "").replace("timeout = \"5s\"", "timeout = \"60s\"");
    let every = provider.replace("create_missing", "every = \"200ms\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &(more.to_owned() + &every));
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || running.stderr_so_far().contains("applied")), "{}", running.stderr_so_far());
    proxy.set(Fault::FreezeAfter(0));
    Slow { _slapd: slapd, proxy, site, running }
}

/// A run that waits for the directory has begun: nothing ends any more.
fn waits(slow: &Slow) -> bool {
    let ends = || slow.running.stderr_so_far().matches("nothing to change").count();
    wait_until(30, || {
        let before = ends();
        std::thread::sleep(std::time::Duration::from_millis(600));
        ends() == before
    })
}

#[test]
fn sigterm_in_the_middle_of_a_run_lets_it_end() {
    let slow = slow("");
    assert!(waits(&slow));
    slow.running.signal("TERM");
    // Ignored now: a service manager that sends both must not keep the process.
    slow.running.signal("HUP");
    assert!(wait_until(30, || slow.running.stderr_so_far().contains("stopping")));
    slow.proxy.set(Fault::None);
    // What was frozen is cut off by the proxy: the run ends with that failure, in order.
    let outcome = slow.running.wait().expect(0);
    assert!(!outcome.stderr.contains("abandoned;"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("was read again"), "{}", outcome.stderr);
    slow.site.run(&["audit", "verify"]).expect(0);
}

#[test]
fn a_second_signal_abandons_what_is_under_way() {
    let slow = slow("");
    assert!(waits(&slow));
    slow.running.signal("TERM");
    assert!(wait_until(30, || slow.running.stderr_so_far().contains("stopping")));
    slow.running.signal("INT");
    slow.running.wait().expect(5).says("abandoned: corp");
    slow.site.run(&["audit", "verify"]).expect(0);
}

#[test]
fn when_the_grace_is_over_what_is_under_way_is_abandoned() {
    let slow = slow("daemon.grace = \"300ms\"\n");
    assert!(waits(&slow));
    slow.running.signal("TERM");
    slow.running.wait().expect(5).says("the grace is over");
    slow.site.run(&["audit", "verify"]).expect(0);
}

#[test]
fn with_nothing_under_way_it_ends_at_once() {
    let provider = PROVIDER.replace("create_missing", "every = \"1h\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &(provider + STAFF_VIEWS));
    Roster::of(3, "p", "staff").write(&site);
    site.run(&["db", "migrate"]).expect(0);
    for signal in ["TERM", "INT"] {
        let running = site.start(&["run"], &[]);
        let ended = |text: &str| text.contains("applied") || text.contains("nothing to change");
        assert!(wait_until(60, || ended(&running.stderr_so_far())), "{}", running.stderr_so_far());
        running.signal(signal);
        running.wait().expect(0);
    }
}

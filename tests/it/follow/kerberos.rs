//! Signing in to Active Directory with Kerberos, and what passes on the network then.

use super::{Followed, domain};
use crate::world::ca::Ca;
use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected::{RULES, tables};
use crate::world::recorder::Recorder;
use crate::world::samba::{DC, Kerberos, Samba};
use crate::world::site::Site;
use crate::world::slapd::READER;
use std::path::Path;

const CLEAR: Kerberos<'_> = Kerberos { strict: false, tls: None };
const STRICT: Kerberos<'_> = Kerberos { strict: true, tls: None };

/// A domain, somebody between, and the keys of the reader.
struct Realm {
    directory: Directory<Samba>,
    between: Recorder,
}

impl Realm {
    /// `None` where Samba is not installed, or may not be started.
    fn start(how: Kerberos<'_>) -> Option<Self> {
        Samba::is_there().then(|| {
            let company = Company::new(60, 30, 7);
            let directory = Directory { slapd: Samba::with_kerberos(&company, how), company };
            let between = Recorder::start(directory.slapd.address(), 389);
            Self { directory, between }
        })
    }

    /// An installation that signs in with this in `bind`, and this in `ldap` besides.
    fn site(&self, bind: &str, more: &str) -> Site {
        let with_password = format!("bind = {{ dn = {:?}, password = {{ file = \"reader.pw\" }} }}", READER.0);
        let provider = domain(&self.between.url(), "every = \"100ms\"");
        assert!(provider.contains(&with_password));
        let bind = format!("bind = {{ method = \"gssapi\", {bind} }}");
        let site = Site::new(Backend::Sqlite, &(provider.replace(&with_password, &bind) + more + RULES));
        site.surround("KRB5_CONFIG", self.directory.slapd.krb5_conf().to_str().unwrap());
        site.run(&["db", "migrate"]).expect(0);
        site
    }

    /// The line in `bind` for the keys of that account.
    fn keys(&self, account: &str) -> String {
        bind(&self.directory.slapd.keytab(account), DC)
    }

    /// Nothing of people and groups has passed so that it could be read.
    #[track_caller]
    fn nobody_has_read(&self) {
        let person = &self.directory.company.people[3];
        assert!(self.between.passed() > 20_000, "{}", self.between.passed());
        for text in [&person.login, &person.email, "team-003", "sAMAccountName", "objectGUID"] {
            assert!(!self.between.saw(text), "{text} can be read");
        }
    }
}

fn bind(keytab: &Path, host: &str) -> String {
    format!("keytab_file = {keytab:?}, service_host = {host:?}")
}

/// A domain controller that lets nobody in who does not encrypt; no TLS, no password.
#[test]
fn without_tls_everything_is_encrypted_by_kerberos() {
    let Some(realm) = Realm::start(STRICT) else { return };
    let site = realm.site(&realm.keys("reader"), "");
    site.sync(0);
    site.tables().assert_is(&tables(&realm.directory.company));
    realm.nobody_has_read();
    site.sync(0).says("changes=0");
    // The account by its name; and the same in the steps of a check.
    let named = format!("{}, principal = \"reader@EXAMPLE.ORG\"", realm.keys("reader"));
    let site = realm.site(&named, "");
    site.run(&["check", "provider", "corp"]).expect(0).says("reader@EXAMPLE.ORG (Kerberos)");
    site.sync(0);
}

/// A message that somebody changes ends the reading, and takes nothing from anybody.
#[test]
fn a_changed_message_ends_the_reading() {
    let Some(realm) = Realm::start(CLEAR) else { return };
    let site = realm.site(&realm.keys("reader"), "");
    site.sync(0);
    realm.between.change_behind(9_000);
    site.run(&["sync"]).expect(1).says("changed on its way");
    site.tables().assert_is(&tables(&realm.directory.company));
}

/// Over TLS nothing is wrapped twice, and the ticket is tied to the server's certificate.
#[test]
fn over_tls_no_layer_is_added() {
    let ca = Ca::new();
    let server = ca.server();
    let Some(realm) = Realm::start(Kerberos { strict: true, tls: Some((&ca, &server)) }) else { return };
    let tls = format!("start_tls = true\ntls = {{ ca_file = {:?}, server_name = \"localhost\" }}\n", ca.file());
    let site = realm.site(&realm.keys("reader"), "");
    let text = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap();
    site.write("rosterd.toml", &text.replace("timeout =", &format!("{tls}timeout =")));
    site.sync(0);
    site.tables().assert_is(&tables(&realm.directory.company));
    realm.nobody_has_read();
}

/// What changes is followed over the wrapped connection as over any other.
#[test]
fn changes_are_followed() {
    let Some(Realm { directory, between }) = Realm::start(CLEAR) else { return };
    directory.slapd.allow_feeds();
    let realm = Realm { directory, between };
    let site = realm.site(&realm.keys("reader"), "");
    let Realm { directory, between } = realm;
    let mut followed = Followed { directory, site, running: None };
    followed.run();
    followed.caught_up("the first run");
    assert_eq!(followed.way(), "dir-sync");
    followed.directory.hire(&["team-003"]);
    followed.caught_up("a joiner");
    let leaver = followed.directory.member("team-002", &["admins", "operators"]);
    followed.directory.dismiss(&leaver);
    followed.caught_up("a leaver");
    followed.close();
    assert!(!between.saw("team-003"));
}

/// Each reason is said in words, with the exit code of a run that failed; nothing is taken from anybody.
#[test]
fn what_is_wrong_is_said() {
    let Some(realm) = Realm::start(STRICT) else { return };
    let keytab = realm.directory.slapd.keytab("reader");
    let fails = |bind: &str, says: &[&str]| {
        let site = realm.site(bind, "");
        says.iter().fold(site.run(&["sync"]).expect(1), |outcome, text| outcome.says(text));
    };
    fails(&bind(&keytab, "dc9.example.org"), &["ldap/dc9.example.org", "setspn"]);
    fails(&bind(&keytab, "127.0.0.1"), &["ldap/127.0.0.1", "an address is no name"]);
    fails(&format!("{}, principal = \"nobody@EXAMPLE.ORG\"", bind(&keytab, DC)), &["nobody@EXAMPLE.ORG", "klist -k"]);
    fails(&bind(Path::new("missing.keytab"), DC), &["ldap.bind.keytab_file", "missing.keytab"]);
    fails(&format!("service_host = {DC:?}"), &["there is no Kerberos ticket", "kinit"]);
    // The account has got a new password since.
    realm.directory.slapd.new_password("reader");
    fails(&bind(&keytab, DC), &["make the keytab anew"]);
    let site = realm.site(&bind(&keytab, DC), "");
    let conf = site.write(
        "krb5.conf",
        "[libdefaults]\ndefault_realm = EXAMPLE.ORG\ndns_lookup_kdc = false\n[realms]\nEXAMPLE.ORG = {\nkdc = 127.0.0.1:9\n}\n",
    );
    site.surround("KRB5_CONFIG", conf.to_str().unwrap());
    site.run(&["sync"]).expect(1).says("(KDC)");
}

/// Without a keytab the tickets of the environment count, as long as they last.
#[test]
fn a_ticket_of_the_environment_is_used() {
    let Some(realm) = Realm::start(STRICT) else { return };
    let site = realm.site(&format!("service_host = {DC:?}"), "");
    let cache = site.dir().join("tickets");
    let kinit = |lifetime: &str| {
        let done = std::process::Command::new("kinit")
            .args(["-l", lifetime, "-k", "-t"])
            .arg(realm.directory.slapd.keytab("reader"))
            .arg("-c")
            .arg(&cache)
            .arg("reader@EXAMPLE.ORG")
            .env("KRB5_CONFIG", realm.directory.slapd.krb5_conf())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    site.surround("KRB5CCNAME", cache.to_str().unwrap());
    kinit("1h");
    site.sync(0);
    site.tables().assert_is(&tables(&realm.directory.company));
    kinit("2s");
    std::thread::sleep(std::time::Duration::from_secs(3));
    site.run(&["sync"]).expect(1).says("the Kerberos ticket has expired");
    kinit("1h");
    site.sync(0);
}

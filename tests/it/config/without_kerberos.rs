//! A build without the feature `gssapi` takes no configuration that needs it. `cargo test --test it -- without_kerberos`

use crate::world::database::Backend;
use crate::world::site::Site;

#[test]
fn a_build_without_kerberos_says_so() {
    let provider = "[providers.corp.ldap]\nurls = ['ldap://dc1.example.org']\nbind.method = 'gssapi'\n\
                    users.base = ['o=x']\ngroups.base = ['o=x']\n";
    let site = Site::new(Backend::Sqlite, provider);
    for command in [&["check", "config"][..], &["sync"], &["run"]] {
        let outcome = site.run(command).expect(78);
        outcome.says("error[not-in-this-build]").says("--features gssapi");
    }
}

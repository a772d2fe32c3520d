//! Files leave break-glass accounts alone.

use super::{declare, site};
use crate::world::database::Backend;
use crate::world::invariants;

crate::world::on_both!(a_break_glass_account_is_left_as_it_is);

fn a_break_glass_account_is_left_as_it_is(backend: Backend) {
    let site = site(backend, "");
    let editor =
        |login: &str| format!("[[members]]\norg = \"Main\"\nrole = \"Editor\"\npeople = [\"{login}\", \"wei\"]\n");
    declare(&site, &editor("boss"));
    site.sync(0);
    let role = |login: &str| site.tables().org_members[&("Main".to_owned(), login.to_owned())].clone();
    assert_eq!(role("boss"), "Editor");
    // From now on it is one, and no file declares anything for it any longer.
    let config = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap();
    let marked = config.replace("[provisioning]", "[accounts]\nbreak_glass = [\"boss\", \"zoe\"]\n[provisioning]");
    site.write("rosterd.toml", &marked);
    declare(&site, &editor("ana"));
    let outcome = site.run(&["sync"]).expect(0).says("\"boss\" is a break-glass account: what files gave it stays");
    assert!(outcome.stdout.contains("added=1"), "{outcome:#?}");
    assert_eq!((role("boss").as_str(), role("ana").as_str()), ("Editor", "Editor"));
    invariants::check(&site).expect(0);
    // Nor is another one given anything.
    declare(&site, &editor("zoe"));
    site.run(&["sync"]).expect(0).says("roles/a.toml:4: \"zoe\" is a break-glass account: files leave it alone");
    assert_eq!((role("boss").as_str(), role("zoe").as_str(), role("ana").as_str()), ("Editor", "Viewer", "Viewer"));
    invariants::check(&site).expect(0);
}

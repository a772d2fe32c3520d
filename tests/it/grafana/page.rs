//! `docs/moving-from-grafana.md`, typed as it says, against a real directory.

use crate::architecture::file;
use crate::world::directory::Directory;
use crate::world::slapd::{READER, SUFFIX};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What stands in the page's `sh` blocks, in their order.
fn typed() -> String {
    let page = file("docs/moving-from-grafana.md").text;
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```\n").next()).collect();
    assert!(blocks.len() >= 5, "were the blocks found?");
    blocks.concat()
}

fn grafana(dir: &Path, port: u16) {
    let ldap = format!(
        "[[servers]]\nhost = \"127.0.0.1\"\nport = {port}\nbind_dn = \"{}\"\nbind_password = \"in the old file\"\n\
         search_filter = \"(uid=%s)\"\nsearch_base_dns = [\"ou=people,{SUFFIX}\"]\n\
         group_search_filter = \"(&(objectClass=groupOfNames)(member=%s))\"\n\
         group_search_filter_user_attribute = \"dn\"\ngroup_search_base_dns = [\"ou=groups,{SUFFIX}\"]\n\
         [servers.attributes]\nusername = \"uid\"\nemail = \"mail\"\nname = \"cn\"\n\
         [[servers.group_mappings]]\ngroup_dn = \"cn=admins,ou=groups,{SUFFIX}\"\norg_role = \"Admin\"\ngrafana_admin = true\n\
         [[servers.group_mappings]]\ngroup_dn = \"cn=team-001,ou=groups,{SUFFIX}\"\norg_id = 2\norg_role = \"Editor\"\n\
         [[servers.group_mappings]]\ngroup_dn = \"*\"\norg_role = \"Viewer\"\n",
        READER.0
    );
    for (name, text) in [
        ("ldap.toml", ldap.as_str()),
        ("grafana.ini", "[auth.ldap]\nenabled = true\n"),
        ("orgs.json", r#"[{"id": 1, "name": "Main Org."}, {"id": 2, "name": "Platform"}]"#),
        ("links.json", &format!("{{\"one\": [\"cn=team-001,ou=groups,{SUFFIX}\"]}}")),
        ("ldap-password", READER.1),
    ] {
        fs::write(dir.join(name), text).unwrap();
    }
}

#[test]
fn what_the_page_says_can_be_typed() {
    let directory = Directory::small();
    let dir = tempfile::tempdir().unwrap();
    grafana(dir.path(), directory.slapd.port());
    let program = Path::new(env!("CARGO_BIN_EXE_rosterd")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let script = format!("set -ex\n{}", typed());
    let run = Command::new("sh").args(["-c", &script]).current_dir(dir.path()).env("PATH", path).output().unwrap();
    let (out, err) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(run.status.success(), "{out}\n{err}");
    for said in ["passed, 0 failed", "Admin in Main Org.", "server admin  yes", "changes=0"] {
        assert!(out.contains(said) || err.contains(said), "{said:?} is not said\n{out}\n{err}");
    }
    // The groups in groups that the directory itself never resolves are followed.
    let database = rusqlite::Connection::open(dir.path().join("moved/rosterd.db")).unwrap();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let people = directory.company.people.len() as i64;
    assert_eq!(
        count("SELECT count(*) FROM org_members m JOIN orgs o ON o.id = m.org_id WHERE o.name = 'Main Org.'"),
        people
    );
    assert!(count("SELECT count(*) FROM org_members WHERE role = 'Editor'") > 0);
    assert!(count("SELECT count(*) FROM users WHERE server_admin") > 0);
}
